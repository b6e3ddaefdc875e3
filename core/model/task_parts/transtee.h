#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// An encoder of a table's columns that all tasks share, to which the query of each task attends.
CatalogRow<Model, const Setting&> transteeRow();

}  // namespace eq::model
