#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// L = α_y (1 - p_y)^γ (-log p_y), divided by N. Lin et al., ICCV 2017.
CatalogRow<Loss> focalRow();

}  // namespace eq::loss
