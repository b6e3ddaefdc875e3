#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Each stage of a base network in one copy a group of tasks; groups only part on the way up.
CatalogRow<Model, const Setting&> treeRow();

}  // namespace eq::model
