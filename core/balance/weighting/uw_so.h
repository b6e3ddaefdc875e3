#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// The optimum of uncertainty weighting in closed form: w = softmax(1/(T L)), or w ∝ 1/L (form
/// `inverse`, UW-O). Sums to 1. A loss of 0 takes all the weight, which is the limit; one below 0
/// is refused. Default T = 1. Kirchdorfer et al. 2024.
CatalogRow<Balancer, const Setting&> uwSoRow();

}  // namespace eq::balance
