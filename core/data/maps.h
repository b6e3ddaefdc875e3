#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Images with maps beside them, a NumPy file each, in the folders in which the multi-task
/// literature passes NYUv2 and Cityscapes around.
CatalogRow<Dataset, const Setting&> mapsRow();

}  // namespace eq::data
