#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Σ w_i ℓ_i with w = softmax(f(h) / r) over the valid samples of the batch, h the losses scaled
/// to [-δ, δ]. Sow et al., ICLR 2025.
CatalogRow<Loss> dynamicReweightRow();

}  // namespace eq::loss
