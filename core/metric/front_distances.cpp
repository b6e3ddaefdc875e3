#include "core/metric/front_distances.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eq::metric {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Euclidean length of the entries that `entry(k)` gives, also where squares overflow or vanish.
template <typename Entry>
double length(size_t count, const Entry& entry) {
  double sum = 0, largest = 0;
  for (size_t k = 0; k < count; ++k) {
    sum += entry(k) * entry(k);
    largest = std::max(largest, std::abs(entry(k)));
  }
  if (largest == 0 || (sum > 1e-290 && std::isfinite(sum))) return std::sqrt(sum);
  if (!std::isfinite(largest)) return largest;
  double scaled = 0;
  for (size_t k = 0; k < count; ++k) scaled += (entry(k) / largest) * (entry(k) / largest);
  return largest * std::sqrt(scaled);
}

/// How far `point` falls behind `reference`: only where it is larger.
double shortfall(const Point& point, const Point& reference) {
  return length(point.size(), [&](size_t k) { return std::max(point[k] - reference[k], 0.0); });
}

/// Mean over `from` of the distance to the nearest of `to`.
template <typename Distance>
double meanNearest(const Points& from, const Points& to, Distance distanceOf) {
  double sum = 0;
  for (const auto& point : from) {
    double nearest = kInfinity;
    for (const auto& other : to) nearest = std::min(nearest, distanceOf(point, other));
    sum += nearest;
  }
  return sum / static_cast<double>(from.size());
}

/// The largest over the front of the least over the points of their worst objective.
template <typename Excess>
double epsilonOf(const Points& points, const Points& front, Excess excess) {
  double worst = -kInfinity;
  for (const auto& target : front) {
    double nearest = kInfinity;
    for (const auto& point : points) {
      double largest = -kInfinity;
      for (size_t k = 0; k < point.size(); ++k)
        largest = std::max(largest, excess(point[k], target[k]));
      nearest = std::min(nearest, largest);
    }
    worst = std::max(worst, nearest);
  }
  return worst;
}

}  // namespace

double distance(const Point& a, const Point& b) {
  return length(a.size(), [&](size_t k) { return a[k] - b[k]; });
}

double generationalDistance(const Points& points, const Points& front) {
  return meanNearest(points, front, distance);
}

double invertedGenerationalDistance(const Points& points, const Points& front) {
  return meanNearest(front, points, distance);
}

double generationalDistancePlus(const Points& points, const Points& front) {
  return meanNearest(points, front, shortfall);
}

double invertedGenerationalDistancePlus(const Points& points, const Points& front) {
  return meanNearest(front, points, [](const Point& target, const Point& point) {
    return shortfall(point, target);
  });
}

double additiveEpsilon(const Points& points, const Points& front) {
  return epsilonOf(points, front, [](double value, double target) { return value - target; });
}

double multiplicativeEpsilon(const Points& points, const Points& front) {
  return epsilonOf(points, front, [](double value, double target) { return value / target; });
}

}  // namespace eq::metric
