#pragma once

#include <cstdint>
#include <vector>

namespace eq::data {

struct Problem;

/// Training examples (of maps: pixels) of each class, rank or of 0 and 1; targets that are masked
/// or ignored do not count. Empty for a task without classes.
std::vector<std::int64_t> classCounts(const Problem& problem, size_t task);

}  // namespace eq::data
