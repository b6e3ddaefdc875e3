#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

// Losses of similarity scores that forgive an error below x0; d = |prediction - target|. Zhang and
// Li, EMNLP 2024, arXiv:2406.05326.

/// k [d - x0]+.
CatalogRow<Loss> translatedReluRow();
/// k [d - x0]+².
CatalogRow<Loss> smoothK2Row();

}  // namespace eq::loss
