#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Online auxiliary weights: after every n-th step w_k grows by β times the sum of the n cosines of
/// g_k with the gradient of the primary task, which weighs 1. Weights start at 1 and have no
/// bounds: an auxiliary task that goes on to conflict gets a negative one. Steps without the
/// primary do not count. Default: n = 5, β = 0.1. Lin et al., Adaptive Auxiliary Task Weighting,
/// NeurIPS 2019.
CatalogRow<Balancer, const Setting&> olAuxRow();

}  // namespace eq::balance
