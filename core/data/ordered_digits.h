#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// The handwritten digit as a quantity: ranks 0 to 9, the same for every task, for losses that know
/// that 3 is nearer to 4 than to 9, beside those that do not.
CatalogRow<Dataset, const Setting&> orderedDigitsRow();

}  // namespace eq::data
