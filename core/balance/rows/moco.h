#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// MoCo: Y ← Y - β_t(Y - ĝ), λ ← Π_Δ(λ - γ_t(Y Yᵀ + ρ I) λ), d = Yᵀ λ; ĝ_k = |L_k| g_k/(‖g_k‖ +
/// 1e-8), so that a negative loss does not turn its gradient. Fernando et al., ICLR 2023.
CatalogRow<Balancer, const Setting&> mocoRow();

}  // namespace eq::balance
