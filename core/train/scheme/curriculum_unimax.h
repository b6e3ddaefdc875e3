#pragma once

#include <cstdint>
#include <vector>

#include "core/train/scheme_tables.h"

namespace eq::train {

/// Budgets of the tasks: `examples` in equal parts, none above `epochs` times its size; what a
/// small task leaves goes to the larger ones.
std::vector<double> uniMaxBudgets(const std::vector<std::int64_t>& sizes, double examples,
                                  double epochs);

SchemeRow curriculumUniMaxRow();

}  // namespace eq::train
