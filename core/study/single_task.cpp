#include "core/study/single_task.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/train/complete_experiment.h"
#include "core/train/replay.h"

namespace eq::study {
namespace {

using nlohmann::json;

constexpr int kMostForebears = 64;

/// What was in force in the steps up to `last`, in order.
std::vector<json> experimentsUpTo(const run::RunReader& run, std::int64_t last) {
  std::vector<json> experiments{run.experiment()};
  try {
    const auto first = train::experimentFromJson(run.experiment());
    const auto events = run.events();
    for (const auto& event : events)
      if (train::changesCourse(event) && event.step < last)
        experiments.push_back(
            train::toJson(train::inForceAt(first, events, event.step + 1).experiment));
  } catch (const Error&) {
    return experiments;
  }
  return experiments;
}

std::optional<std::string> onlyTaskUpTo(const run::RunReader& run, std::int64_t last,
                                        int forebears) {
  std::optional<std::string> task;
  for (const auto& experiment : experimentsUpTo(run, last)) {
    const auto now = onlyTask(train::completeExperiment(experiment), run.tasks());
    if (!now || (task && task != now)) return std::nullopt;
    task = now;
  }
  const auto info = run.info();
  if (info.parent.empty() || info.parentStep == 0) return task;
  if (info.parentFolder.empty() || forebears == kMostForebears) return std::nullopt;
  try {
    const run::RunReader parent(info.parentFolder);
    const bool same = info.parentId.empty() || parent.info().id == info.parentId;
    if (same && onlyTaskUpTo(parent, info.parentStep, forebears + 1) == task) return task;
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> onlyTask(const json& complete, const std::vector<std::string>& tasks) {
  std::vector<std::string> on;
  const auto specs = complete.value("tasks", json::array());
  for (const auto& name : tasks) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const json& one) {
      return one.is_object() && one.value("name", "") == name;
    });
    if (spec == specs.end() || spec->value("enabled", true)) on.push_back(name);
  }
  if (on.size() != 1) return std::nullopt;
  if (train::fieldAt(complete, "balancer.weighting.id").value_or(nullptr) != "equal" ||
      !train::fieldAt(complete, "balancer.gradient").value_or(nullptr).is_null())
    return std::nullopt;
  return on.front();
}

std::optional<std::string> onlyTaskThroughout(const run::RunReader& run) {
  return onlyTaskUpTo(run, std::numeric_limits<std::int64_t>::max(), 0);
}

}  // namespace eq::study
