#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// LeNet-like trunk: convolution, ReLU and 2x2 pooling a stage, then one fully connected layer.
CatalogRow<Model, const Setting&> cnnRow();

}  // namespace eq::model
