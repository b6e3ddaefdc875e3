#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Exact Pareto optimal search: leads to the point of the front at which r∘L is equal over the
/// tasks, so that a task with a large preference r_k ends with a small loss. Off that ray it takes,
/// among the mixtures of gradients that raise no loss but those which are too small, the one that
/// comes nearest to it soonest; on the ray, the one that lowers the sum of losses most. Weights of
/// the simplex by a linear program; where that has no solution, r/Σr. Mahapatra and Rajan,
/// Multi-Task Learning with User Preferences: Gradient Descent with Controlled Ascent in Pareto
/// Optimization, ICML 2020.
CatalogRow<Balancer, const Setting&> epoRow();

}  // namespace eq::balance
