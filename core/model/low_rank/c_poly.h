#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Skills of low rank that all tasks share, and some of each task alone.
CatalogRow<Model, const Setting&> cPolyRow();

}  // namespace eq::model
