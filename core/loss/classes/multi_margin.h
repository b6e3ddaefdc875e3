#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

// Hinges between logits. At a kink the slope is 0.

/// (1/C) Σ_{k≠y} w_y [margin - z_y + z_k]+^p, divided by N.
CatalogRow<Loss> multiMarginRow();

/// [margin + max_{k≠y} z_k - z_y]+; of equal logits the lower class is the largest.
/// Crammer and Singer, JMLR 2001.
CatalogRow<Loss> crammerSingerRow();

/// (1/C) Σ [1 - z_j + z_k]+ over the labels j that apply and k that do not.
CatalogRow<Loss> multilabelMarginRow();

}  // namespace eq::loss
