#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// DB-MTL: ĝ_k ← β_t ĝ_k + (1 - β_t) g_k/(L_k + ε), β_t = β/t^σ; d = α Σ ĝ_k/(‖ĝ_k‖ + ε) with
/// α = max ‖ĝ_k‖. Heads take 1/(L_k + ε) of their own gradient. A loss that is not above -ε is
/// refused, as it has no logarithm. Lin et al., 2023.
CatalogRow<Balancer, const Setting&> dbMtlRow();

}  // namespace eq::balance
