#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// The partner shall be more similar than the hardest negative, by a margin. Jiang et al., EMNLP
/// Findings 2022.
CatalogRow<Loss> energyHingeRow();

}  // namespace eq::loss
