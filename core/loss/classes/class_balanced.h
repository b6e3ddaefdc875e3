#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// w_y times a base loss, divided by N, with w_c in proportion to 1 / E_c and mean 1 over the
/// classes that have samples; E_c = (1 - β^{n_c}) / (1 - β). Cui et al., CVPR 2019.
CatalogRow<Loss> classBalancedRow();

}  // namespace eq::loss
