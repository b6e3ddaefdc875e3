#pragma once

#include "core/data/catalog.h"

namespace eq::data {

/// Which handwritten digit is it? One and the same question for every task, for ways to train that
/// are compared on it: against attacks, by teachers.
CatalogRow<Dataset, const Setting&> digitsRow();

}  // namespace eq::data
