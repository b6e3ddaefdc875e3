#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// 1 - n̂·n of surface normals, or the angle between them; the prediction is normalised, the target
/// taken as it is. Eigen and Fergus, ICCV 2015.
CatalogRow<Loss> normalCosineRow();

}  // namespace eq::loss
