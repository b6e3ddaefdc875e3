#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base that all tasks share, and after each of its stages a small layer of each task beside it.
CatalogRow<Model, const Setting&> adaptersRow();

}  // namespace eq::model
