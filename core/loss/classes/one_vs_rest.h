#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// φ(z_y) + Σ_{k≠y} φ(-z_k), φ(x) = log(1 + e^{-x}); `hardest`: only the largest of the other
/// logits. Saito and Saenko, ICCV 2021 (hardest).
CatalogRow<Loss> oneVsRestRow();

/// Cross-entropy, but λ times the one-vs-rest loss for the share of the batch whose logit of the
/// class lags most behind the largest other one. Kanai et al., ICML 2023.
CatalogRow<Loss> sovrRow();

}  // namespace eq::loss
