#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Networks of tasks that grow together from the inputs on, where what they compute is alike.
CatalogRow<Model, const Setting&> mtslRow();

}  // namespace eq::model
