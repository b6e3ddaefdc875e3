#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Conflict-free inverse of gradients: with unit rows U, d goes along x = U⁺p, so that cos(g_k, d)
/// ∝ p_k, and is as long as the projections of all gradients onto it together, Σ_k g_k·x/‖x‖. From
/// the cosines C: c = C⁺p, w_k = ℓ c_k/(‖x‖ ‖g_k‖). Weights may be negative; where no direction
/// serves p (two opposite gradients) all are 0. Default p = 1. Liu et al., ConFIG, ICLR 2025.
CatalogRow<Balancer, const Setting&> configRow();

}  // namespace eq::balance
