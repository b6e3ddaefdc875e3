#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Replaces the rows of J by the nearest orthogonal rows of one length √s: with G = V Λ Vᵀ, cut at
/// λ_max K ε, B = √s V Λ^-½ Vᵀ and w = B p. s: the least eigenvalue kept (min), their lower middle
/// one (median) or their mean (rmse). Default: min, p = 1/K.
/// Senushkin et al., Independent Component Alignment, CVPR 2023.
CatalogRow<Balancer, const Setting&> alignedMtlRow();

/// The same on the gradients in the trunk's output.
CatalogRow<Balancer, const Setting&> alignedMtlUbRow();

}  // namespace eq::balance
