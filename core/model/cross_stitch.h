#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A tower a task, mixed after each stage but the last by learned weights.
CatalogRow<Model, const Setting&> crossStitchRow();

}  // namespace eq::model
