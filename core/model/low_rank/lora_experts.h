#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// An addition of low rank for all examples, and several that examples are sent to.
CatalogRow<Model, const Setting&> loraExpertsRow();

}  // namespace eq::model
