#include "core/study/front_history.h"

#include <algorithm>
#include <limits>

#include "core/metric/pareto/volume_history.h"
#include "core/run/run_folder.h"

namespace eq::study {
namespace {

/// Minimised; NaN where a value is not recorded.
metric::Point minimisedPoint(const train::EvaluationRecord& evaluation,
                             const std::vector<FrontAxis>& axes) {
  metric::Point point(axes.size(), std::numeric_limits<double>::quiet_NaN());
  for (size_t k = 0; k < std::min(axes.size(), evaluation.tasks.size()); ++k)
    if (const auto found = evaluation.tasks[k].find(axes[k].metric);
        found != evaluation.tasks[k].end())
      point[k] = axes[k].maximise ? -found->second : found->second;
  return point;
}

}  // namespace

nlohmann::json frontHistory(const RunFront& front, const metric::Point& reference) {
  metric::Points points;
  std::vector<std::int64_t> steps;
  for (const auto& folder : front.runs)
    for (const auto& evaluation : run::RunReader(folder).evaluations()) {
      if (evaluation.split != front.split) continue;
      points.push_back(minimisedPoint(evaluation, front.axes));
      steps.push_back(evaluation.step);
    }
  auto corner = reference;
  for (size_t k = 0; k < corner.size(); ++k)
    if (front.axes[k].maximise) corner[k] = -corner[k];
  nlohmann::json history{{"steps", nlohmann::json::array()},
                         {"hypervolume", nlohmann::json::array()}};
  for (const auto& at : metric::volumeHistory(points, steps, corner)) {
    history["steps"].push_back(at.step);
    history["hypervolume"].push_back(at.volume);
  }
  return history;
}

}  // namespace eq::study
