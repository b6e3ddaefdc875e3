#include "core/metric/runs/hypervolume.h"

#include <algorithm>
#include <cstddef>

namespace eq::metric {
namespace {

using Point = std::vector<double>;
using Points = std::vector<Point>;

/// Whether `a` is nowhere above `b`, in the first `axes` objectives.
bool covers(const Point& a, const Point& b, size_t axes) {
  for (size_t k = 0; k < axes; ++k)
    if (a[k] > b[k]) return false;
  return true;
}

/// Those that no other covers, one of equal ones.
Points front(Points points, size_t axes) {
  std::sort(points.begin(), points.end());
  Points kept;
  for (auto& point : points) {
    const auto isCovered = [&](const Point& other) { return covers(other, point, axes); };
    if (std::none_of(kept.begin(), kept.end(), isCovered)) kept.push_back(std::move(point));
  }
  return kept;
}

/// Sweep over a front of two objectives, which is sorted by the first.
double area(const Points& points, const Point& reference) {
  double sum = 0, height = reference[1];
  for (const auto& point : points) {
    sum += (reference[0] - point[0]) * (height - point[1]);
    height = point[1];
  }
  return sum;
}

double boxVolume(const Point& point, const Point& reference, size_t axes) {
  double volume = 1;
  for (size_t k = 0; k < axes; ++k) volume *= reference[k] - point[k];
  return volume;
}

/// Walking from the worst to the best in the last objective, every later point reaches at least as
/// far there. So what a point adds to the later ones is its height times the area, one objective
/// less, that it has beyond theirs (While, Bradstreet and Barone's WFG with slicing).
double volume(Points points, const Point& reference, size_t axes) {
  points = front(std::move(points), axes);
  if (points.empty()) return 0;
  if (axes == 1) return reference[0] - points.front()[0];
  if (axes == 2) return area(points, reference);
  const size_t last = axes - 1;
  std::sort(points.begin(), points.end(),
            [&](const Point& a, const Point& b) { return a[last] > b[last]; });
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    Points limited;
    for (size_t j = i + 1; j < points.size(); ++j) {
      Point corner(last);
      for (size_t k = 0; k < last; ++k) corner[k] = std::max(points[i][k], points[j][k]);
      limited.push_back(std::move(corner));
    }
    const double own = boxVolume(points[i], reference, last);
    const double shared = volume(std::move(limited), reference, last);
    sum += (reference[last] - points[i][last]) * (own - shared);
  }
  return sum;
}

}  // namespace

double hypervolume(Points points, const Point& reference) {
  const auto isOutside = [&](const Point& point) {
    for (size_t k = 0; k < reference.size(); ++k)
      if (!(point[k] < reference[k])) return true;
    return false;
  };
  points.erase(std::remove_if(points.begin(), points.end(), isOutside), points.end());
  return volume(std::move(points), reference, reference.size());
}

}  // namespace eq::metric
