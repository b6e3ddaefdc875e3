#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

// Losses of logits x against targets y in [0, 1], by element; p = σ(x).

/// (1-y) x + (1 + (ρ-1) y) softplus(-x), with ρ = pos_weight.
CatalogRow<Loss> binaryCrossEntropyRow();

/// α_t (1 - p_t)^γ BCE with p_t = y p + (1-y)(1-p), α_t = y α + (1-y)(1-α). Lin et al., ICCV 2017.
CatalogRow<Loss> binaryFocalRow();

}  // namespace eq::loss
