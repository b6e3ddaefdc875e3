#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Trains on Σ w_k log(L_k + ε), which does not feel the units of the losses: effective weight
/// w_k/(L_k + ε). Refuses a loss below 0, and 0 with ε = 0. Default: w = 1, ε = 1e-8 (as DB-MTL;
/// other references add none, or take log(1 + L), which does feel units).
CatalogRow<Balancer, const Setting&> logRow();

}  // namespace eq::balance
