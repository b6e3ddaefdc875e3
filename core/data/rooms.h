#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Rendered rooms with what each pixel shows, how far it is and which way it faces.
CatalogRow<Dataset, const Setting&> roomsRow();

}  // namespace eq::data
