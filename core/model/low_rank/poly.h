#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Skills of low rank that all tasks share, and for each task what it takes of each.
CatalogRow<Model, const Setting&> polyRow();

}  // namespace eq::model
