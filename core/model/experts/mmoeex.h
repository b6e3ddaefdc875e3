#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Experts mixed for each task by a gate of its own, some of which one task has alone or goes
/// without.
CatalogRow<Model, const Setting&> mmoeexRow();

}  // namespace eq::model
