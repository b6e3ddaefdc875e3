#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Encoder over the squares of an image or the columns of a table.
CatalogRow<Model, const Setting&> transformerRow();

}  // namespace eq::model
