#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Takes the gradients that lie nearest to their neighbours: task k scores the sum of the squared
/// distances (or the distances, `squared` false, as TorchJD) to its K - f - 2 nearest others, and
/// the m lowest weigh 1/m; ties take the lowest index. Needs K >= f + 3; where fewer tasks take
/// part in a step, f shrinks with them. Default: f = 1, m = 1. Blanchard et al., NeurIPS 2017.
CatalogRow<Balancer, const Setting&> krumRow();

}  // namespace eq::balance
