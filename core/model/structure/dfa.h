#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A multi-layer perceptron whose stages are trained by fixed random projections of the errors at
/// the heads' outputs.
CatalogRow<Model, const Setting&> dfaRow();

}  // namespace eq::model
