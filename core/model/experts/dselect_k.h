#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Shared experts of which each task selects a few.
CatalogRow<Model, const Setting&> dselectKRow();

}  // namespace eq::model
