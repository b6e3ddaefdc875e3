#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Additions of rank 1, gated by the layer's input and by clusters of the network's inputs.
CatalogRow<Model, const Setting&> mor1eRow();

}  // namespace eq::model
