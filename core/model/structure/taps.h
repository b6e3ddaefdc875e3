#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base that all tasks share, and what each may add to its weights where a learned indicator says
/// so.
CatalogRow<Model, const Setting&> tapsRow();

}  // namespace eq::model
