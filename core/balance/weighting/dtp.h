#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// w_k = -(1 - κ̄_k)^γ_k log κ̄_k, κ̄ the moving average of a metric in [0, 1] ("key performance
/// indicator"), held in [0.001, 1]: tasks that do badly get more. A task without a value so far has
/// weight 1. Guo et al., Dynamic Task Prioritization, ECCV 2018.
CatalogRow<Balancer, const Setting&> dtpRow();

}  // namespace eq::balance
