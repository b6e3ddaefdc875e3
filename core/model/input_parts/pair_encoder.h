#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// The two halves of the inputs as a pair, through one network each alone, or together.
CatalogRow<Model, const Setting&> pairEncoderRow();

}  // namespace eq::model
