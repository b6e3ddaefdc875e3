#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// L = -log(1 - (1 - p)^n), p the probability of the class, or of all tokens of a row: how likely n
/// draws hold the right answer. Chen et al., NeurIPS 2025.
CatalogRow<Loss> directCoverageRow();

}  // namespace eq::loss
