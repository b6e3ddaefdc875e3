#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Soft maxima over positives and negatives, after mining by their similarities. Wang et al., CVPR
/// 2019.
CatalogRow<Loss> multiSimilarityRow();

}  // namespace eq::loss
