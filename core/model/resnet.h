#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Residual blocks with group normalisation over images.
CatalogRow<Model, const Setting&> resnetRow();

}  // namespace eq::model
