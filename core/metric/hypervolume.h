#pragma once

#include "core/metric/points.h"

namespace eq::metric {

/// Volume that the points dominate (minimised) up to the reference, exact in any number of
/// objectives. Points that are not below the reference in every objective add nothing. Infinite
/// where a double cannot hold it.
double hypervolume(const Points& points, const Point& reference);

/// What each point adds: the volume of all minus that of all the others. 0 where another point is
/// as good everywhere, so that of equal points none adds anything.
std::vector<double> hypervolumeContributions(const Points& points, const Point& reference);

}  // namespace eq::metric
