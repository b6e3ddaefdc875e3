#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Fully connected trunk with an activation after each layer; images are flattened.
CatalogRow<Model, const Setting&> mlpRow();

}  // namespace eq::model
