#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Arrays of numbers in files (NPZ, NPY, IDX): some are inputs, some are tasks.
CatalogRow<Dataset, const Setting&> arraysRow();

}  // namespace eq::data
