#include "core/metric/pareto/attainment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/metric/pareto/extent.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

/// How many of the groups a level asks for: ⌈level · groups⌉, at least one; a product that is an
/// integer up to rounding counts as that.
size_t neededGroups(double level, size_t groups) {
  const double needed = std::ceil(level * static_cast<double>(groups) - 1e-9);
  return std::max<size_t>(1, static_cast<size_t>(std::max(needed, 0.0)));
}

/// The n-th smallest; infinite where there are fewer.
double nthSmallest(const std::map<std::int64_t, double>& lowest, size_t n) {
  if (lowest.size() < n) return std::numeric_limits<double>::infinity();
  std::vector<double> values;
  for (const auto& [group, value] : lowest) values.push_back(value);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(n) - 1;
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

Points attainmentSurface(const Points& points, const std::vector<std::int64_t>& groups,
                         double level) {
  std::map<double, std::vector<size_t>> columns;
  for (size_t i = 0; i < points.size(); ++i) columns[points[i][0]].push_back(i);
  const std::set<std::int64_t> distinct(groups.begin(), groups.end());
  const size_t needed = neededGroups(level, distinct.size());
  std::map<std::int64_t, double> lowest;  // of each group so far
  double before = std::numeric_limits<double>::infinity();
  Points corners;
  for (const auto& [x, members] : columns) {
    for (const size_t i : members) {
      const auto [entry, isNew] = lowest.emplace(groups[i], points[i][1]);
      if (!isNew) entry->second = std::min(entry->second, points[i][1]);
    }
    const double y = nthSmallest(lowest, needed);
    if (!(y < before)) continue;
    corners.push_back({x, y});
    before = y;
  }
  return corners;
}

double meanHeight(Points curve) {
  std::stable_sort(curve.begin(), curve.end(),
                   [](const Point& a, const Point& b) { return a[0] < b[0]; });
  if (curve.empty() || !(curve.back()[0] > curve.front()[0])) return kUndefined;
  double sum = 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    const double width = shareOf(curve[i][0], curve[i - 1][0], curve.back()[0], curve.front()[0]);
    sum += width * (curve[i][1] / 2 + curve[i - 1][1] / 2);
  }
  return sum;
}

}  // namespace eq::metric
