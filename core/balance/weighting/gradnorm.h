#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Learns w so that the weighted gradient norms w_k n_k tend to n̄ r_k^α, with n̄ their mean and r_k
/// the task's relative loss ratio (L_k/L_k(0)) / mean: slow tasks get larger gradients. The step
/// lowers sum_k |w_k n_k - n̄ r_k^α| with the target held; then w is kept >= 1e-6 and summing to K.
/// Norms are those of all shared parameters. Defaults: α = 1.5, SGD, lr 0.025.
/// Chen et al., GradNorm, ICML 2018.
CatalogRow<Balancer, const Setting&> gradNormRow();

}  // namespace eq::balance
