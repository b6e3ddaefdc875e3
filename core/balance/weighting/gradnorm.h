#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Learns w so that the weighted gradient norms w_k n_k tend to n̄ r_k^α, with n̄ their mean and r_k
/// the task's relative loss ratio (L_k/L_k(0)) / mean: slow tasks get larger gradients. `update`
/// log: w_k ← w_k exp(-lr sign(w_k n_k - τ_k) w_k n_k/n̄), which settles at any ratio of norms;
/// additive: the paper's step on Σ_k |w_k n_k - τ_k| with the target τ held, w kept >= 1e-6. Then w
/// is scaled to sum to K. `norms`: in all shared layers (trunk) or in the last one, as the paper.
/// Defaults: log, trunk, α = 1.5, lr 0.025. Chen et al., GradNorm, ICML 2018.
CatalogRow<Balancer, const Setting&> gradNormRow();

}  // namespace eq::balance
