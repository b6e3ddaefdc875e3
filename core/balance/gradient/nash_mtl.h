#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The Nash bargaining solution: w > 0 with G w = 1/w, solved exactly; every task gains
/// w_k g_k·d = 1, and d does not feel the scale of a row. At a Pareto-stationary point there is
/// none, and all weights are 0. `max_norm` shortens d; `update_every` solves only at every n-th
/// step. Navon et al., Multi-Task Learning as a Bargaining Game, ICML 2022.
CatalogRow<Balancer, const Setting&> nashMtlRow();

}  // namespace eq::balance
