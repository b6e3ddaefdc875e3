#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base that all tasks share, and masks on its stages through which each task sees them.
CatalogRow<Model, const Setting&> mtanRow();

}  // namespace eq::model
