#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Pulls pairs that belong together and pushes the others apart up to a margin. Hadsell et al.,
/// CVPR 2006.
CatalogRow<Loss> contrastiveRow();

}  // namespace eq::loss
