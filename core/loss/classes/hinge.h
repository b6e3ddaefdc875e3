#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

// Losses of logits x against targets 0 or 1, by element; t = 2y - 1.

/// [margin - t x]+, or its square.
CatalogRow<Loss> hingeRow();

/// log(1 + e^{-t x}).
CatalogRow<Loss> softMarginRow();

}  // namespace eq::loss
