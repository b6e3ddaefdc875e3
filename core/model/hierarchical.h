#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// One base network whose stages are left by tasks at levels of their own.
CatalogRow<Model, const Setting&> hierarchicalRow();

}  // namespace eq::model
