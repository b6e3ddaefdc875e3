#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// α-fair gains: w > 0 with G w = w^(-1/α), the maximum of Σ (g_k·d)^(1-α)/(1-α), solved exactly.
/// α = 0 is the mean (1/K), 1 the bargain of Nash-MTL, large α helps the worst task. At a
/// Pareto-stationary point there is none, and all weights are 0. `max_norm` shortens d. The length
/// of d follows the rows as c^((1-α)/(1+α)). Default: α = 1, no limit. Ban and Ji, ICML 2024.
CatalogRow<Balancer, const Setting&> fairGradRow();

}  // namespace eq::balance
