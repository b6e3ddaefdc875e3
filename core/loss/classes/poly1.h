#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// L = (1 - p_y)^γ (-log p_y) + ε (1 - p_y)^{γ+1}; of probabilities CE + ε (1 - Σ q_k p_k).
/// Leng et al., ICLR 2022.
CatalogRow<Loss> poly1Row();

}  // namespace eq::loss
