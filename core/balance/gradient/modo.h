#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// MoDo: λ ← Π_Δ(λ - γ(J₁J₂ᵀλ + ρλ)) from two batches, d = J₃ᵀλ from a third: without the bias of
/// products of one batch. Chen et al., NeurIPS 2023; defaults of LibMTL.
CatalogRow<Balancer, const Setting&> modoRow();

}  // namespace eq::balance
