#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// λ Σ_i p_i |c_i − y|^p + ce_weight · CE(nearest bin) of a forecast p = softmax(logits [N, K])
/// over bins at c and numbers y [N]. Chernov 2024.
CatalogRow<Loss> binnedWassersteinRow();

}  // namespace eq::loss
