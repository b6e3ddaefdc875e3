#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

/// Wing loss of landmark regression: Feng et al., CVPR 2018, arXiv:1711.06753. Logarithmic for
/// errors below w, so that small ones pull hard, absolute beyond.
CatalogRow<Loss> wingRow();

}  // namespace eq::loss
