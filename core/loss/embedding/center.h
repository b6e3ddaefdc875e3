#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Draws embeddings to the centre of their class. Wen et al., ECCV 2016.
CatalogRow<Loss> centerRow();

}  // namespace eq::loss
