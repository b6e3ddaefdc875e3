#include "core/run/run_values.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/descriptor.h"
#include "core/metric/catalog.h"

namespace eq::run {
namespace {

bool isBetter(double value, double former, bool higher) {
  if (std::isnan(value) || std::isnan(former)) return std::isnan(former);
  return higher ? value > former : value < former;
}

std::string nameOf(size_t task, const std::vector<std::string>& tasks) {
  return task < tasks.size() ? tasks[task] : fmt::format("task {}", task);
}

/// Calls `use(place, metric, value)` for every value of every evaluation, oldest first.
template <typename Use>
Values gather(const std::vector<train::EvaluationRecord>& evaluations,
              const std::vector<std::string>& tasks, const LossesSince& since, Use use) {
  Values values;
  for (const auto& evaluation : evaluations)
    for (size_t k = 0; k < evaluation.tasks.size(); ++k) {
      auto& place = values[nameOf(k, tasks)][toText(evaluation.split)];
      for (const auto& [metric, value] : evaluation.tasks[k])
        if (!isOfFormerLoss(evaluation, k, metric, since)) use(place, metric, value);
    }
  return values;
}

}  // namespace

Better betterOf(const std::string& metric) {
  if (metric == "loss") return Better::lower;
  for (const auto* descriptor : metric::catalog().descriptors())
    if (descriptor->id == metric)
      return descriptor->traits.value("direction", "min") == "max" ? Better::higher : Better::lower;
  return Better::unknown;
}

bool isHigherBetter(const std::string& metric) {
  return betterOf(metric) == Better::higher;
}

std::string inWords(Better better) {
  if (better == Better::unknown) return "which is better is not known";
  return better == Better::higher ? "higher is better" : "lower is better";
}

bool isOfFormerLoss(const train::EvaluationRecord& evaluation, size_t task,
                    const std::string& metric, const LossesSince& since) {
  return metric == "loss" && task < since.size() && since[task] > 0 &&
         evaluation.step <= since[task];
}

LossesSince lossesSince(const std::vector<train::EventRecord>& events, std::size_t tasks) {
  LossesSince since(tasks, 0);
  for (const auto& event : events) {
    if (event.kind != "command" || !event.detail.is_object()) continue;
    const auto task = event.detail.value("task", nlohmann::json());
    // Signed in a run that goes on, unsigned where it was read from its record.
    if (event.detail.value("kind", nlohmann::json()) != "set_loss" || !task.is_number_integer())
      continue;
    const auto k = task.get<std::int64_t>();
    if (k >= 0 && k < static_cast<std::int64_t>(tasks))
      since[static_cast<std::size_t>(k)] = event.step;
  }
  return since;
}

Values finalValues(const std::vector<train::EvaluationRecord>& evaluations,
                   const std::vector<std::string>& tasks) {
  std::map<train::SplitName, train::EvaluationRecord> newest;
  for (const auto& evaluation : evaluations) newest[evaluation.split] = evaluation;
  std::vector<train::EvaluationRecord> last;
  for (auto& [split, evaluation] : newest) last.push_back(std::move(evaluation));
  return gather(last, tasks, {}, [](auto& place, const std::string& metric, double value) {
    place[metric] = value;
  });
}

Values bestValues(const std::vector<train::EvaluationRecord>& evaluations,
                  const std::vector<std::string>& tasks, const LossesSince& since) {
  return gather(evaluations, tasks, since,
                [](auto& place, const std::string& metric, double value) {
                  if (betterOf(metric) == Better::unknown) return;
                  const auto [former, isNew] = place.try_emplace(metric, value);
                  if (!isNew && isBetter(value, former->second, isHigherBetter(metric)))
                    former->second = value;
                });
}

std::vector<std::string> mainMetrics(const train::Experiment& experiment) {
  std::vector<std::string> metrics;
  for (const auto& task : experiment.tasks)
    metrics.push_back(task.metrics.empty() ? "loss" : task.metrics.front().id);
  return metrics;
}

bool takeBest(std::vector<std::optional<Best>>& best, const train::EvaluationRecord& evaluation,
              const std::vector<std::string>& metrics, const LossesSince& since) {
  if (evaluation.split != train::SplitName::validation) return false;
  best.resize(metrics.size());
  bool any = false;
  for (size_t k = 0; k < std::min(metrics.size(), evaluation.tasks.size()); ++k) {
    const auto found = evaluation.tasks[k].find(metrics[k]);
    if (found == evaluation.tasks[k].end() || std::isnan(found->second)) continue;
    if (betterOf(metrics[k]) == Better::unknown) continue;
    if (isOfFormerLoss(evaluation, k, metrics[k], since)) continue;
    if (best[k] && !isBetter(found->second, best[k]->value, isHigherBetter(metrics[k]))) continue;
    best[k] = {evaluation.step, found->second};
    any = true;
  }
  return any;
}

Intervals finalIntervals(const std::vector<train::EvaluationRecord>& evaluations,
                         const std::vector<std::string>& tasks) {
  std::map<train::SplitName, const train::EvaluationRecord*> newest;
  for (const auto& evaluation : evaluations) newest[evaluation.split] = &evaluation;
  Intervals all;
  for (const auto& [split, evaluation] : newest)
    for (const auto& [task, metrics] : evaluation->intervals)
      all[nameOf(task, tasks)][toText(split)] = metrics;
  return all;
}

nlohmann::json toJson(const Intervals& intervals) {
  auto out = nlohmann::json::object();
  for (const auto& [task, splits] : intervals)
    for (const auto& [split, metrics] : splits)
      for (const auto& [metric, interval] : metrics)
        out[task][split][metric] = {{"low", interval.low},
                                    {"high", interval.high},
                                    {"confidence", interval.confidence},
                                    {"resamples", interval.resamples}};
  return out;
}

}  // namespace eq::run
