#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// T² Σ_k KL(Bernoulli σ(t_k/T) ‖ Bernoulli σ(s_k/T)); normalized: T² Σ_k log cosh((s_k − t_k)/2T).
/// Takes no target. Not unchanged when all logits move: by design. Yang et al. 2024.
CatalogRow<Loss> binaryKlRow();
/// Two heads: ce_weight · CE(prediction) + α · binary_kl(auxiliary, teacher). Yang et al. 2024.
CatalogRow<Loss> dhkdRow();

}  // namespace eq::loss
