#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// L = CE(z, y) + λ/(C-1) sum_{k≠y} (z_k - t)². λ = 1 and t = 0 are the paper's; both are
/// extensions as parameters. Not invariant to adding a constant to all logits. Hui, Belkin, Wright,
/// ICML 2023.
CatalogRow<Loss> squentropyRow();

/// L = (1/C) [k (z_y - M)² + sum_{k≠y} z_k²]. Hui, Belkin, ICLR 2021.
CatalogRow<Loss> rescaledSquareRow();

}  // namespace eq::loss
