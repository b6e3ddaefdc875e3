#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Experts that all tasks share, mixed for each task by a gate of its own.
CatalogRow<Model, const Setting&> mmoeRow();

}  // namespace eq::model
