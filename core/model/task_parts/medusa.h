#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A base that all tasks share, and heads that each read all of its stages.
CatalogRow<Model, const Setting&> medusaRow();

}  // namespace eq::model
