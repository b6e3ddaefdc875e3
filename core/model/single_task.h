#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base network and a head a task, nothing shared: what sharing is compared with.
CatalogRow<Model, const Setting&> singleTaskRow();

}  // namespace eq::model
