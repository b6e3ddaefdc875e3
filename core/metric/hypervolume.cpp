#include "core/metric/hypervolume.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <numeric>

namespace eq::metric {
namespace {

/// Whether `a` is nowhere above `b`, in the first `axes` objectives.
bool covers(const Point& a, const Point& b, size_t axes) {
  for (size_t k = 0; k < axes; ++k)
    if (a[k] > b[k]) return false;
  return true;
}

/// Those that no other covers, one of equal ones, in the order of their numbers.
Points uncovered(Points points, size_t axes) {
  std::sort(points.begin(), points.end());
  Points kept;
  for (auto& point : points) {
    const auto isCovered = [&](const Point& other) { return covers(other, point, axes); };
    // In a plane the last has the least second value.
    const auto end = axes == 2 && !kept.empty() ? kept.rbegin() + 1 : kept.rend();
    if (std::none_of(kept.rbegin(), end, isCovered)) kept.push_back(std::move(point));
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

/// The points of a plane that no other covers, from one end to the other: first value to second.
using Staircase = std::map<double, double>;

/// Adds a point. \returns the area below the reference that it alone covers.
double addStep(Staircase& stairs, const Point& point, const Point& reference) {
  auto next = stairs.upper_bound(point[0]);
  double height = next == stairs.begin() ? reference[1] : std::prev(next)->second;
  if (height <= point[1]) return 0;
  if (next != stairs.begin() && std::prev(next)->first == point[0]) --next;
  double gained = 0, from = point[0];
  while (next != stairs.end() && next->second >= point[1]) {
    gained += (next->first - from) * (height - point[1]);
    from = next->first;
    height = next->second;
    next = stairs.erase(next);
  }
  gained += ((next == stairs.end() ? reference[0] : next->first) - from) * (height - point[1]);
  stairs.emplace(point[0], point[1]);
  return gained;
}

/// Sweep over three objectives upwards along the last: the area below it, times the height to the
/// next point.
double sweep(Points points, const Point& reference) {
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a[2] < b[2]; });
  Staircase stairs;
  double sum = 0, covered = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    covered += addStep(stairs, points[i], reference);
    const double next = i + 1 < points.size() ? points[i + 1][2] : reference[2];
    sum += covered * (next - points[i][2]);
  }
  return sum;
}

double boxVolume(const Point& point, const Point& reference, size_t axes) {
  double volume = 1;
  for (size_t k = 0; k < axes; ++k) volume *= reference[k] - point[k];
  return volume;
}

double volume(Points points, const Point& reference, size_t axes);

/// The box of a point, less what others have of it, in the first `axes` objectives.
template <typename Iterator>
double ownVolume(const Point& point, Iterator others, Iterator end, const Point& reference,
                 size_t axes) {
  Points limited;
  for (; others != end; ++others) {
    Point corner(axes);
    for (size_t k = 0; k < axes; ++k) corner[k] = std::max(point[k], (*others)[k]);
    limited.push_back(std::move(corner));
  }
  return boxVolume(point, reference, axes) - volume(std::move(limited), reference, axes);
}

/// Walking from the worst to the best in the last objective, every later point reaches at least as
/// far there. So what a point adds to the later ones is its height times the area, one objective
/// less, that it has beyond theirs (While, Bradstreet and Barone's WFG with slicing).
double volume(Points points, const Point& reference, size_t axes) {
  points = uncovered(std::move(points), axes);
  if (points.empty()) return 0;
  if (axes == 1) return reference[0] - points.front()[0];
  if (axes == 2) return area(points, reference);
  if (axes == 3) return sweep(std::move(points), reference);
  const size_t last = axes - 1;
  std::sort(points.begin(), points.end(),
            [&](const Point& a, const Point& b) { return a[last] > b[last]; });
  double sum = 0;
  for (auto point = points.begin(); point != points.end(); ++point)
    sum += (reference[last] - (*point)[last]) *
           ownVolume(*point, std::next(point), points.end(), reference, last);
  return sum;
}

/// Points below a reference, each axis divided by a power of two so that nothing overflows. Of
/// numbers of a usual size the division changes no bit of the volume.
struct Scaled {
  Points points;
  std::vector<size_t> indices;  ///< of these points among those given
  Point reference;
  int exponent = 0;  ///< the volume is that of the scaled points times 2 to this
};

bool isBelow(const Point& point, const Point& reference) {
  for (size_t k = 0; k < reference.size(); ++k)
    if (!(point[k] < reference[k])) return false;
  return true;
}

Scaled scaled(const Points& points, const Point& reference) {
  Scaled found{{}, {}, reference, 0};
  for (size_t i = 0; i < points.size(); ++i) {
    if (!isBelow(points[i], reference)) continue;
    found.points.push_back(points[i]);
    found.indices.push_back(i);
  }
  for (size_t k = 0; k < reference.size(); ++k) {
    double largest = std::abs(reference[k]);
    for (const auto& point : found.points) largest = std::max(largest, std::abs(point[k]));
    int exponent = 0;
    if (std::isfinite(largest)) std::frexp(largest, &exponent);
    found.exponent += exponent;
    found.reference[k] = std::ldexp(reference[k], -exponent);
    for (auto& point : found.points) point[k] = std::ldexp(point[k], -exponent);
  }
  return found;
}

/// In the order of their numbers.
std::vector<size_t> sortedIndices(const Points& points) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return points[a] < points[b]; });
  return order;
}

/// The rectangle between a point of a planar front and its neighbours, and the points within, that
/// would have a part of it without the one.
struct OwnRectangle {
  size_t point;
  Point corner;  ///< where the neighbours' rectangles begin
  Points within = {};
};

/// Of all points that none covers, in the order of their numbers.
std::vector<OwnRectangle> ownRectangles(const Points& points, const Point& reference) {
  std::vector<OwnRectangle> found;
  for (const size_t i : sortedIndices(points)) {
    const double above = found.empty() ? reference[1] : points[found.back().point][1];
    if (points[i][1] < above || found.empty()) {
      if (!found.empty()) found.back().corner[0] = points[i][0];
      found.push_back({i, {reference[0], above}});
    } else if (points[i][1] < found.back().corner[1]) {
      found.back().within.push_back(points[i]);
    }
  }
  return found;
}

std::vector<double> planarContributions(const Points& points, const Point& reference) {
  std::vector<double> found(points.size(), 0.0);
  for (const auto& [i, corner, within] : ownRectangles(points, reference))
    found[i] = boxVolume(points[i], corner, 2) - volume(within, corner, 2);
  return found;
}

std::vector<double> contributionsOf(const Points& points, const Point& reference) {
  const size_t axes = reference.size();
  if (axes == 2) return planarContributions(points, reference);
  std::vector<double> found(points.size(), 0.0);
  for (size_t i = 0; i < points.size(); ++i) {
    Points others;
    for (size_t j = 0; j < points.size(); ++j)
      if (j != i) others.push_back(points[j]);
    const bool isCovered = std::any_of(others.begin(), others.end(), [&](const Point& other) {
      return covers(other, points[i], axes);
    });
    if (!isCovered) found[i] = ownVolume(points[i], others.begin(), others.end(), reference, axes);
  }
  return found;
}

}  // namespace

double hypervolume(const Points& points, const Point& reference) {
  auto inside = scaled(points, reference);
  return std::ldexp(volume(std::move(inside.points), inside.reference, reference.size()),
                    inside.exponent);
}

std::vector<double> hypervolumeContributions(const Points& points, const Point& reference) {
  const auto inside = scaled(points, reference);
  const auto own = contributionsOf(inside.points, inside.reference);
  std::vector<double> found(points.size(), 0.0);
  for (size_t i = 0; i < own.size(); ++i)
    found[inside.indices[i]] = std::ldexp(own[i], inside.exponent);
  return found;
}

}  // namespace eq::metric
