#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Regression tasks that differ in scale alone (Z. Chen et al., GradNorm, 2018).
CatalogRow<Dataset, const Setting&> scaleImbalanceRow();

}  // namespace eq::data
