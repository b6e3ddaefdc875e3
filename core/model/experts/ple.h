#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Levels of shared experts and experts of each task, mixed by gates into streams.
CatalogRow<Model, const Setting&> pleRow();

}  // namespace eq::model
