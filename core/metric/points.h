#pragma once

#include <vector>

namespace eq::metric {

/// Values of the objectives, one a number; every point of a set has as many.
using Point = std::vector<double>;
using Points = std::vector<Point>;

}  // namespace eq::metric
