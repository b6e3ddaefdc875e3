#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A shared convolutional encoder of images, and a decoder a task whose target is a map.
CatalogRow<Model, const Setting&> denseCnnRow();

}  // namespace eq::model
