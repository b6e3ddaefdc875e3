#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// PNG and JPEG files: one image an example, with the class that its folder names, or with the
/// targets that a table gives.
CatalogRow<Dataset, const Setting&> imagesRow();

}  // namespace eq::data
