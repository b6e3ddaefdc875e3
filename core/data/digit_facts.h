#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// One handwritten digit and four unlike tasks: which digit, odd or even, how much ink, and the
/// image itself.
CatalogRow<Dataset, const Setting&> digitFactsRow();

}  // namespace eq::data
