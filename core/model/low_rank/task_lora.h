#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base that all tasks share, and for each task an addition of low rank to its full layers.
CatalogRow<Model, const Setting&> taskLoraRow();

}  // namespace eq::model
