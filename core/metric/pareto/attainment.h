#pragma once

#include <cstdint>
#include <vector>

#include "core/metric/points.h"

namespace eq::metric {

/// What a share of the groups (seeds, runs) attains, of two minimised objectives: the corners of
/// the staircase that bounds the points which at least ⌈level · groups⌉ of them dominate or equal,
/// ascending in the first objective (Fonseca and Fleming, 1996).
/// \param groups [n] of the points. \pre not empty.
Points attainmentSurface(const Points& points, const std::vector<std::int64_t>& groups,
                         double level);

/// Area under a curve by trapezoids in the order of the first coordinate, over its range: the mean
/// height. NaN without a range.
double meanHeight(Points curve);

}  // namespace eq::metric
