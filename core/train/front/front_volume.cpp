#include "core/train/front/front_volume.h"

#include <algorithm>
#include <cmath>

#include "core/metric/hypervolume.h"
#include "core/metric/pareto/extent.h"
#include "core/metric/pareto/monte_carlo.h"

namespace eq::train {
namespace {

constexpr size_t kMostPoints = 200, kMostTasks = 6;  // that are exact
constexpr std::uint64_t kSamples = 100000;

}  // namespace

metric::Points lossesOf(const std::vector<FrontPoint>& front) {
  metric::Points points;
  for (const auto& point : front) {
    points.emplace_back();
    for (const auto& task : point.tasks) points.back().push_back(task.at("loss"));
  }
  return points;
}

std::optional<double> FrontVolume::add(const EvaluationRecord& evaluation) {
  auto points = lossesOf(evaluation.front);
  std::erase_if(points, [](const metric::Point& point) {
    return std::any_of(point.begin(), point.end(),
                       [](double loss) { return !std::isfinite(loss); });
  });
  if (points.empty()) return std::nullopt;
  if (reference_.empty()) reference_ = metric::usualReference(points);
  if (points.size() <= kMostPoints && reference_.size() <= kMostTasks)
    return metric::hypervolume(points, reference_);
  return metric::sampledVolume(points, metric::lowestOf(points), reference_, kSamples, 0).volume;
}

}  // namespace eq::train
