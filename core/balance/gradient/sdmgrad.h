#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// SDMGrad: A = J₁J₂ᵀ/(scale² + 1e-8), scale the mean root of its diagonal; w = argmin over the
/// simplex of wᵀSw/2 + λ wᵀAp, S the symmetric part of A; d = J₃ᵀ(w + λp)/(1 + λ). `projected`: the
/// authors' steps instead, which swing between vertices at their rate. Xiao et al., NeurIPS 2023.
CatalogRow<Balancer, const Setting&> sdmgradRow();

}  // namespace eq::balance
