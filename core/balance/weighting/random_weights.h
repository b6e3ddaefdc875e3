#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// RLW: new weights on the simplex every step. normal, uniform: softmax of N(0,1) or U(0,1) draws;
/// dirichlet: uniform over the simplex; bernoulli: 0 or 1 with equal chance, not all 0, divided by
/// their sum; constrained_bernoulli: one task at a time. Lin et al., TMLR 2022.
CatalogRow<Balancer, const Setting&> randomRow();

}  // namespace eq::balance
