#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of how maps of probabilities p overlap with maps of classes g, a class at a time; sums run
// over the pixels of an image (`group` sample) or over all pixels of the batch. Mean over the
// classes, each times its weight, then over the images.

/// 1 - (2Σpg + s_n)/(Σp + Σg + s_d), or its Jaccard form. Milletari et al., 3DV 2016.
CatalogRow<Loss> diceRow();
/// (1 - T)^γ, T = (TP + s)/(TP + α FP + β FN + s). Salehi et al. 2017; γ: Abraham and Khan 2019.
CatalogRow<Loss> tverskyRow();

}  // namespace eq::loss
