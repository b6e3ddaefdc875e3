#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Cross-entropy of scaled cosines [N, C], after the cosine x_y = cos θ of the own class was made
// smaller by a margin.

/// x_y - m. Wang et al., CVPR 2018.
CatalogRow<Loss> cosfaceRow();
/// cos(θ + m). Deng et al., CVPR 2019.
CatalogRow<Loss> arcfaceRow();
/// (-1)^k cos(mθ) - 2k. Liu et al., CVPR 2017.
CatalogRow<Loss> spherefaceRow();

}  // namespace eq::loss
