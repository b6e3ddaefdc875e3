#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base that all tasks share as it is, and stages of it that each trains for itself.
CatalogRow<Model, const Setting&> subtuningRow();

}  // namespace eq::model
