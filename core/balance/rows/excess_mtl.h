#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// ExcessMTL: S_k += g_k∘g_k, e_k = Σ_p g_kp²/√(S_kp + 1e-7) relative to what it was at first; w ←
/// w∘exp(η e), summing to K. He et al., ICML 2024, weights as in LibMTL.
CatalogRow<Balancer, const Setting&> excessMtlRow();

}  // namespace eq::balance
