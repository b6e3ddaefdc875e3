#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// InfoNCE against a frozen modality, whose similarities say how far the other columns count as
/// positives too. Srinivasa et al., NeurIPS 2023.
CatalogRow<Loss> cwclRow();

}  // namespace eq::loss
