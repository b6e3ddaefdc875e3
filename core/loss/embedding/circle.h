#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Similarities weighted by how far they are from their optimum. Sun et al., CVPR 2020.
CatalogRow<Loss> circleRow();

}  // namespace eq::loss
