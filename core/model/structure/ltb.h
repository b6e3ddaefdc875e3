#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// Stages of several nodes each: which one a node or a task goes on from is drawn and learned; then
/// the likeliest ways settle as a tree.
CatalogRow<Model, const Setting&> ltbRow();

}  // namespace eq::model
