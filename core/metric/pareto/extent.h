#pragma once

#include "core/metric/points.h"

namespace eq::metric {

/// The least and the largest value of each objective. \pre not empty.
Point lowestOf(const Points& points);
Point highestOf(const Points& points);

/// The reference where none is given: per objective the worst value and a tenth of the range, or 1
/// where there is no range. \pre not empty.
Point usualReference(const Points& points);

/// (a − b) / (c − d), also where the differences overflow.
double shareOf(double a, double b, double c, double d);

/// (x − low)/(high − low) of every number, 0 where high = low.
Points betweenOf(const Points& points, const Point& low, const Point& high);

/// The same with a range of 0 taken as 1, so that such numbers keep their distances.
Points overRange(const Points& points, const Point& low, const Point& high);

}  // namespace eq::metric
