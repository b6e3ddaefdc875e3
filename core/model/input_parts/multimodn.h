#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A state that each part of the inputs moves on, and that heads read after each of them.
CatalogRow<Model, const Setting&> multimodnRow();

}  // namespace eq::model
