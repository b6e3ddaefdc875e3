#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// The vision transformer as timm has it, ViT-Tiny and Small by its parameters, without the last
/// full layer. Parameters are called `trunk.` and timm's name where they have timm's shape.
CatalogRow<Model, const Setting&> vitRow();

}  // namespace eq::model
