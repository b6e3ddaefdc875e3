#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/metric/points.h"

namespace eq::metric {

// All objectives are minimised, all numbers finite.

/// Whether `a` is nowhere worse than `b` and better by more than `epsilon` somewhere.
bool dominates(const Point& a, const Point& b, double epsilon = 0);

/// [n] how many layers must be taken away before no point dominates this one: 0 is the front (Deb
/// et al., NSGA-II, 2002).
std::vector<std::int64_t> dominanceRanks(const Points& points, double epsilon = 0);

/// [n] how far a point's neighbours of its own rank lie apart, in shares of the rank's range,
/// summed over the objectives; infinite at the ends.
std::vector<double> crowdingDistances(const Points& points, const std::vector<std::int64_t>& ranks);

/// Indices of the points of rank 0, ascending.
std::vector<size_t> frontIndices(const std::vector<std::int64_t>& ranks);

}  // namespace eq::metric
