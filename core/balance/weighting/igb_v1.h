#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Improvable gap balancing: trains on Σ v_k log L_k, where v grows with the loss that is left of
/// the one in epoch `base_epoch`: v = K softmax(L/base), 1 until the base is known; w = v/L.
/// Refuses a loss that is not above 0. Default: base_epoch = 1, the second epoch. Dai, Fei, Lu,
/// Improvable Gap Balancing, UAI 2023.
CatalogRow<Balancer, const Setting&> igbV1Row();

}  // namespace eq::balance
