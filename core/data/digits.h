#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Which handwritten digit is it? One and the same question for every task, for ways to train that
/// are compared on it: against attacks, by teachers.
CatalogRow<Dataset, const Setting&> digitsRow();

/// The handwritten digit as a quantity: ranks 0 to 9, the same for every task, for losses that know
/// that 3 is nearer to 4 than to 9, beside those that do not.
CatalogRow<Dataset, const Setting&> orderedDigitsRow();

}  // namespace eq::data
