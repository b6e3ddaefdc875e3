#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

// Losses that bound what a sample with a wrong label can do.

/// L = (1 - p_y^q) / q; truncated (k > 0): (1 - k^q) / q without gradient where p_y <= k.
/// Zhang and Sabuncu, NeurIPS 2018.
CatalogRow<Loss> gceRow();

/// L = α CE - β A (1 - p_y), A standing for log 0. Wang et al., ICCV 2019.
CatalogRow<Loss> symmetricCrossEntropyRow();

}  // namespace eq::loss
