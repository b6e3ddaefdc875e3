#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Trains on the worst weighted loss, max_k p_k (L_k - z_k), plus ρ Σ p_k (L_k - z_k): w is p_m for
/// the worst task m (the lowest index where several are) and ρ p for all. Default: p = 1/K, z = 0,
/// ρ = 0. Bowman 1976; augmented: Steuer and Choo 1983.
CatalogRow<Balancer, const Setting&> tchebycheffRow();

}  // namespace eq::balance
