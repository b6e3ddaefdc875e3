#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Group risk alignment: γ_k = p_k Σ_j L_j/L_k, where p follows the losses, p ← p∘exp(-β L) over
/// its sum (this step's losses first); the γ are cut into groups, and each task weighs its group's
/// mean. The groups are the best one-dimensional k-means. Refuses a loss that is not above 0.
/// Default: β = 1e-4, one group. Shen et al., NeurIPS 2024.
CatalogRow<Balancer, const Setting&> go4AlignRow();

}  // namespace eq::balance
