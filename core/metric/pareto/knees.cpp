#include "core/metric/pareto/knees.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/metric/front_distances.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

constexpr double kTie = 1e-12;

double tradeOff(const Point& from, const Points& front, double neighbourhood) {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& to : front) {
    if (!(distance(from, to) <= neighbourhood)) continue;
    double lost = 0, gained = 0;
    for (size_t k = 0; k < from.size(); ++k) {
      lost += std::max(to[k] - from[k], 0.0);
      gained += std::max(from[k] - to[k], 0.0);
    }
    if (gained > 0) least = std::min(least, lost / gained);
  }
  return std::isinf(least) ? kUndefined : least;
}

/// 180° less the angle from one direction to the other counterclockwise, which for points in the
/// order of their first value lies on the side that they dominate.
double bendBetween(const Point& before, const Point& at, const Point& after) {
  if (before == at || after == at) return kUndefined;
  const double left = std::atan2(before[1] - at[1], before[0] - at[0]);
  const double right = std::atan2(after[1] - at[1], after[0] - at[0]);
  constexpr double kTurn = 2 * std::numbers::pi;
  const double angle = left >= right ? left - right : left - right + kTurn;
  return 180 - angle * 180 / std::numbers::pi;
}

}  // namespace

std::vector<double> kneeDistances(const Points& front) {
  std::vector<double> found;
  for (const auto& point : front) {
    double sum = 0;
    for (const double value : point) sum += value;
    found.push_back((1 - sum) / std::sqrt(static_cast<double>(point.size())));
  }
  return found;
}

std::vector<double> tradeOffs(const Points& front, double neighbourhood) {
  std::vector<double> found;
  for (const auto& point : front) found.push_back(tradeOff(point, front, neighbourhood));
  return found;
}

std::vector<double> bends(const Points& front, const Points& between, std::int64_t span) {
  Points distinct = front;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const auto placeOf = [&](const Point& point) {
    return std::lower_bound(distinct.begin(), distinct.end(), point) - distinct.begin();
  };
  std::vector<size_t> holders(distinct.size());  // of each distinct point
  for (size_t i = 0; i < front.size(); ++i) holders[static_cast<size_t>(placeOf(front[i]))] = i;
  std::vector<double> found(front.size(), kUndefined);
  for (size_t i = 0; i < front.size(); ++i) {
    const auto place = placeOf(front[i]);
    if (place < span || std::ssize(distinct) - 1 - place < span) continue;
    const auto& before = between[holders[static_cast<size_t>(place - span)]];
    const auto& after = between[holders[static_cast<size_t>(place + span)]];
    found[i] = bendBetween(before, between[i], after);
  }
  return found;
}

std::optional<size_t> firstLargest(const std::vector<double>& values) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const double value : values)
    if (value > largest) largest = value;
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] >= largest - kTie) return i;
  return std::nullopt;
}

}  // namespace eq::metric
