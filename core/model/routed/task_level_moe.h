#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Experts at every stage, one of which each task picks for all its examples.
CatalogRow<Model, const Setting&> taskLevelMoeRow();

}  // namespace eq::model
