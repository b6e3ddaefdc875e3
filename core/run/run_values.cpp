#include "core/run/run_values.h"

#include <cmath>

#include <fmt/format.h>

#include "core/base/descriptor.h"
#include "core/metric/catalog.h"

namespace eq::run {
namespace {

bool isHigherBetter(const std::string& metric) {
  for (const auto* descriptor : metric::catalog().descriptors())
    if (descriptor->id == metric) return descriptor->traits.value("direction", "min") == "max";
  return false;
}

bool isBetter(double value, double former, bool higher) {
  if (std::isnan(value) || std::isnan(former)) return std::isnan(former);
  return higher ? value > former : value < former;
}

/// Calls `use(place, metric, value)` for every value of every evaluation, oldest first.
template <typename Use>
Values gather(const std::vector<train::EvaluationRecord>& evaluations,
              const std::vector<std::string>& tasks, Use use) {
  Values values;
  for (const auto& evaluation : evaluations)
    for (size_t k = 0; k < evaluation.tasks.size(); ++k) {
      const auto name = k < tasks.size() ? tasks[k] : fmt::format("task {}", k);
      auto& place = values[name][toText(evaluation.split)];
      for (const auto& [metric, value] : evaluation.tasks[k]) use(place, metric, value);
    }
  return values;
}

}  // namespace

Values finalValues(const std::vector<train::EvaluationRecord>& evaluations,
                   const std::vector<std::string>& tasks) {
  return gather(evaluations, tasks, [](auto& place, const std::string& metric, double value) {
    place[metric] = value;
  });
}

Values bestValues(const std::vector<train::EvaluationRecord>& evaluations,
                  const std::vector<std::string>& tasks) {
  return gather(evaluations, tasks, [](auto& place, const std::string& metric, double value) {
    const auto [former, isNew] = place.try_emplace(metric, value);
    if (!isNew && isBetter(value, former->second, isHigherBetter(metric))) former->second = value;
  });
}

}  // namespace eq::run
