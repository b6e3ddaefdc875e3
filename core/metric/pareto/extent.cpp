#include "core/metric/pareto/extent.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eq::metric {
namespace {

constexpr double kLargestSpread = 1e100;

}  // namespace

Point lowestOf(const Points& points) {
  Point found = points.front();
  for (const auto& point : points)
    for (size_t k = 0; k < found.size(); ++k) found[k] = std::min(found[k], point[k]);
  return found;
}

Point highestOf(const Points& points) {
  Point found = points.front();
  for (const auto& point : points)
    for (size_t k = 0; k < found.size(); ++k) found[k] = std::max(found[k], point[k]);
  return found;
}

Point usualReference(const Points& points) {
  const Point low = lowestOf(points);
  Point found = highestOf(points);
  for (size_t k = 0; k < found.size(); ++k) {
    const double range = found[k] - low[k];
    const double margin = std::isfinite(range) ? 0.1 * range : 0.1 * found[k] - 0.1 * low[k];
    const double beyond = found[k] + (range > 0 ? margin : 1);
    // Where the numbers are so large that the margin is lost in rounding, the next one; still
    // larger ones would give volumes that are no numbers.
    const double next = std::nextafter(found[k], std::numeric_limits<double>::infinity());
    found[k] = std::abs(found[k]) < kLargestSpread ? std::max(beyond, next) : beyond;
  }
  return found;
}

double shareOf(double a, double b, double c, double d) {
  const double share = (a - b) / (c - d);
  return std::isfinite(a - b) && std::isfinite(c - d) ? share : (a / 2 - b / 2) / (c / 2 - d / 2);
}

Points betweenOf(const Points& points, const Point& low, const Point& high) {
  Points found = points;
  for (auto& point : found)
    for (size_t k = 0; k < point.size(); ++k)
      point[k] = high[k] > low[k] ? shareOf(point[k], low[k], high[k], low[k]) : 0;
  return found;
}

Points overRange(const Points& points, const Point& low, const Point& high) {
  Points found = points;
  for (auto& point : found)
    for (size_t k = 0; k < point.size(); ++k)
      point[k] = high[k] > low[k] ? shareOf(point[k], low[k], high[k], low[k]) : point[k] - low[k];
  return found;
}

}  // namespace eq::metric
