#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Shared experts and experts of each task's own, mixed by a gate a task.
CatalogRow<Model, const Setting&> cgcRow();

}  // namespace eq::model
