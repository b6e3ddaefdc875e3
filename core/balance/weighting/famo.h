#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// z = softmax(ξ), D_k = L_k - b_k + ε; the model descends c Σ z_k log D_k with c = 1/Σ(z_k/D_k),
/// so that w = c z/D sums to 1. After the step δ_k = log D_k - log D_k⁺ on the same batch, and ξ
/// goes against z∘(δ - zᵀδ) + γ ξ: who improved fastest gets less. A loss that is not above b_k is
/// refused. Liu et al., FAMO, NeurIPS 2023; γ is that of the paper.
CatalogRow<Balancer, const Setting&> famoRow();

}  // namespace eq::balance
