#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Σ over the labels of -(1-p)^{γ+} log p where y = 1 and -p_m^{γ-} log(1-p_m) where y = 0, with
/// p_m = [p - clip]+; mean over N. The factors of the logarithms are constants of the gradient when
/// detach_focus is set. Ridnik et al., ICCV 2021.
CatalogRow<Loss> asymmetricRow();

}  // namespace eq::loss
