#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Geometric loss strategy: trains on the geometric mean of the losses, whose gradient weighs task
/// k by GLS/(K L_k). Refuses a loss that is not above 0. Chennupati et al., MultiNet++, CVPRW 2019.
CatalogRow<Balancer, const Setting&> glsRow();

}  // namespace eq::balance
