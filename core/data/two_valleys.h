#pragma once

#include "core/base/two_valleys.h"
#include "core/data/catalog.h"

namespace eq::data {

CatalogRow<Dataset, const Setting&> twoValleysRow();

}  // namespace eq::data
