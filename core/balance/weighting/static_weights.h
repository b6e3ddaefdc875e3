#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// w_k given, for example 1/L_k of a reference run. Default: all 1.
CatalogRow<Balancer, const Setting&> staticRow();

}  // namespace eq::balance
