#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Learns s_k in sum_k (e^s_k L_k - s_k), so that all scaled losses tend to 1: w_k = e^s_k, from
/// s = 0. Its optimum is the scale-invariant sum of log L_k. Defaults: Adam, lr 0.001.
/// Liu et al., Towards Impartial Multi-task Learning, ICLR 2021.
CatalogRow<Balancer, const Setting&> imtlLRow();

}  // namespace eq::balance
