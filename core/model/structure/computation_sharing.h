#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base for one task, of which every other changes a few weights.
CatalogRow<Model, const Setting&> computationSharingRow();

}  // namespace eq::model
