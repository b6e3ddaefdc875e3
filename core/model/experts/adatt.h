#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Units with experts, one a task and a shared one, each of which mixes the experts of all.
CatalogRow<Model, const Setting&> adattRow();

}  // namespace eq::model
