#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Smooth Tchebycheff. plain: μ ln Σ exp(p_k (L_k - z_k)/μ), whose gradient weighs task k by
/// p_k softmax(p (L - z)/μ)_k. log_nadir (the released code for training networks): w = 1/L up to
/// and in epoch `warmup_epochs`, whose mean losses are the nadir; then K softmax(y/μ)/L with y =
/// ln(L/nadir + 1e-20), without preference and ideal; refuses a loss that is not above 0. Default:
/// plain, μ = 1, p = 1/K, z = 0. Lin et al., ICML 2024.
CatalogRow<Balancer, const Setting&> stchRow();

}  // namespace eq::balance
