#include "core/study/front_history.h"

#include "core/metric/pareto/volume_history.h"
#include "core/run/run_folder.h"

namespace eq::study {
namespace {

/// Minimised; NaN where a value is not recorded.
metric::Point minimisedPoint(const std::vector<std::map<std::string, double>>& tasks,
                             const std::vector<FrontAxis>& axes) {
  auto point = pointOf(tasks, axes);
  for (size_t k = 0; k < axes.size(); ++k)
    if (axes[k].maximise) point[k] = -point[k];
  return point;
}

}  // namespace

nlohmann::json frontHistory(const RunFront& front, const metric::Point& reference) {
  metric::Points points;
  std::vector<std::int64_t> steps;
  for (const auto& folder : front.runs)
    for (const auto& evaluation : run::RunReader(folder).evaluations()) {
      if (evaluation.split != front.split) continue;
      const auto add = [&](const auto& of) {
        points.push_back(minimisedPoint(of.tasks, front.axes));
        steps.push_back(evaluation.step);
      };
      if (front.method.empty()) add(evaluation);
      for (const auto& point : evaluation.front)
        if (!front.method.empty()) add(point);
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
