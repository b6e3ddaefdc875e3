#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Smooths the weights of another method, with its state: w_t = α w_{t-1} + (1-α) ŵ_t, from w_1 =
/// ŵ_1 (a task begins with its first step). `inner` is any loss weighting or gradient method that
/// gives weights, with `inner_params`. Default α = 0.9. Zhou et al., On the Convergence of
/// Stochastic Multi-Objective Gradient Manipulation, NeurIPS 2022.
CatalogRow<Balancer, const Setting&> crMogmRow();

}  // namespace eq::balance
