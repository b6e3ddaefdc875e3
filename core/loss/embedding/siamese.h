#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of two views without negatives.

/// Each view's predictor finds the other's projection, which is held fixed. Chen and He, CVPR 2021.
CatalogRow<Loss> simsiamRow();
/// Features of both views are equal and uncorrelated among themselves. Zbontar et al., ICML 2021.
CatalogRow<Loss> barlowTwinsRow();

}  // namespace eq::loss
