#include "core/metric/pareto/volume_history.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/metric/hypervolume.h"
#include "core/metric/pareto/dominance.h"

namespace eq::metric {
namespace {

/// Takes a point into those that no other dominates. \returns whether it is one of them.
bool takeIntoFront(Points& front, const Point& point) {
  for (const auto& other : front)
    if (other == point || dominates(other, point)) return false;
  std::erase_if(front, [&](const Point& other) { return dominates(point, other); });
  front.push_back(point);
  return true;
}

bool isFinitePoint(const Point& point) {
  return std::all_of(point.begin(), point.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

std::vector<VolumeAt> volumeHistory(const Points& points, const std::vector<std::int64_t>& steps,
                                    const Point& reference) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return steps[a] < steps[b]; });
  std::vector<VolumeAt> history;
  Points front;
  double volume = 0;
  for (size_t i = 0; i < order.size();) {
    const auto step = steps[order[i]];
    bool moved = false;
    for (; i < order.size() && steps[order[i]] == step; ++i)
      if (isFinitePoint(points[order[i]])) moved = takeIntoFront(front, points[order[i]]) || moved;
    if (moved) volume = hypervolume(front, reference);
    history.push_back({step, volume});
  }
  return history;
}

}  // namespace eq::metric
