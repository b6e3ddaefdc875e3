#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Experts at some stages, to few of which a gate sends each example of each task.
CatalogRow<Model, const Setting&> taskMoeRow();

}  // namespace eq::model
