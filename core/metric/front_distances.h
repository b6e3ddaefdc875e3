#pragma once

#include "core/metric/points.h"

namespace eq::metric {

// How far points (minimised, dominated ones too) are from a reference front. Neither may be empty.

double distance(const Point& a, const Point& b);

/// Mean over the points of the distance to the nearest of the front, and over the front of that to
/// the nearest point.
double generationalDistance(const Points& points, const Points& front);
double invertedGenerationalDistance(const Points& points, const Points& front);

/// The same with the distance in those objectives alone in which the point is worse.
double generationalDistancePlus(const Points& points, const Points& front);
double invertedGenerationalDistancePlus(const Points& points, const Points& front);

/// What must be taken off all objectives of all points, or by what they must be divided, so that
/// they cover the front: at most 0, or 1, where they do already. \pre of the second: all numbers
/// above 0.
double additiveEpsilon(const Points& points, const Points& front);
double multiplicativeEpsilon(const Points& points, const Points& front);

}  // namespace eq::metric
