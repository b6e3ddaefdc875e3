#pragma once

#include <cstdint>
#include <string>

#include "core/metric/points.h"

namespace eq::metric {

/// All weights of `tasks` that are multiples of 1/`divisions` and sum to 1, in descending order:
/// (1, 0, ...) first.
/// \param path of the divisions, for the message. \throws Error where there are more than ten
/// million. \pre both at least 1.
Points simplexLattice(std::int64_t tasks, std::int64_t divisions, const std::string& path);

/// How many there are: C(divisions + tasks − 1, tasks − 1), as a double.
double latticeSize(std::int64_t tasks, std::int64_t divisions);

/// Weights of two tasks along rays of equal angles, `margin` (radians) away from the axes.
Points equalRays(std::int64_t count, double margin);

}  // namespace eq::metric
