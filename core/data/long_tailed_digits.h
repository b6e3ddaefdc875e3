#pragma once

#include <cstdint>
#include <vector>

#include "core/data/catalog.h"

namespace eq::data {

/// Examples of each of `classes` classes, from `largest` down to `largest` / `imbalance`: the c-th
/// has ⌊largest · imbalance^(−c / (classes − 1))⌋, at least 1 (Y. Cui et al., 2019).
/// \param classes at least 2.
std::vector<std::int64_t> longTail(std::int64_t largest, double imbalance, std::int64_t classes);

/// Handwritten digits of which the first classes have many training examples and the last ones few;
/// validation and test have as many of each.
CatalogRow<Dataset, const Setting&> longTailedDigitsRow();

}  // namespace eq::data
