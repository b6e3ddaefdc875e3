#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Inputs that are refined for each task before a base that all share.
CatalogRow<Model, const Setting&> dtrnRow();

}  // namespace eq::model
