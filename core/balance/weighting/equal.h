#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// w_k = 1: the plain sum of the losses. Xin et al. 2022 and Kurin et al. 2022 find tuned constant
/// weights hard to beat.
CatalogRow<Balancer, const Setting&> equalRow();

}  // namespace eq::balance
