#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// L = CE(s (x - Δ_y e_y), y) of cosines x, with margins Δ_c in proportion to n_c^{-1/4}, the
/// largest of them max_margin. Cao et al., NeurIPS 2019.
CatalogRow<Loss> ldamRow();

}  // namespace eq::loss
