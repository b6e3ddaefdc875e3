#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A transformer that reads learned tokens before those of the input.
CatalogRow<Model, const Setting&> promptsRow();

}  // namespace eq::model
