#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Lovász extension of the Jaccard loss: the errors in descending order, each times what the pixel
// adds to the Jaccard loss of those before it. The order is detached. Berman et al., CVPR 2018,
// arXiv:1705.08790.

/// Of hinge errors of logits [N, pixels].
CatalogRow<Loss> lovaszHingeRow();
/// Of |1{y = c} - p_c| of the softmax, mean over the classes.
CatalogRow<Loss> lovaszSoftmaxRow();

}  // namespace eq::loss
