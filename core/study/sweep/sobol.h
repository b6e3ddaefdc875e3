#pragma once

#include <cstdint>
#include <vector>

namespace eq::study {

/// How many dimensions `sobolPoints` knows.
std::int64_t mostSobolDimensions();

/// The points 1 to `count` of Sobol's sequence in Gray-code order, not scrambled; point 0, which
/// is left out, has zeros alone. \returns [count][dimensions] in (0, 1).
/// \throws Error for more dimensions than there are direction numbers.
std::vector<std::vector<double>> sobolPoints(std::int64_t count, std::int64_t dimensions);

}  // namespace eq::study
