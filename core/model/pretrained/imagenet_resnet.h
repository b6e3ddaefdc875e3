#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// ResNet-18, 34 and 50 as torchvision has them, without the last full layer. Parameters and
/// statistics are called `trunk.` and torchvision's name. The statistics of batch normalisation are
/// buffers that no step moves: fresh ones are mean 0 and variance 1.
CatalogRow<Model, const Setting&> imagenetResnetRow();

}  // namespace eq::model
