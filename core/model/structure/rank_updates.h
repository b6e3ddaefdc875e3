#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Weights of low rank, to which each task that arrives adds columns.
CatalogRow<Model, const Setting&> rankUpdatesRow();

}  // namespace eq::model
