#include "core/study/sweep/rungs.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "core/base/error.h"

namespace eq::study {

Rungs::Rungs(const SweepSpec& sweep, std::int64_t totalSteps)
    : reduction_(sweep.reduction), maximise_(sweep.metric.maximise) {
  for (auto steps = sweep.leastSteps; steps < totalSteps; steps *= reduction_)
    steps_.push_back(steps);
  steps_.push_back(totalSteps);
}

std::string Rungs::whyNoneEnds(std::int64_t runs) const {
  std::string needed = "1";  // of so many runs one comes to the end, if all have the metric
  for (size_t rung = 1; rung < steps_.size(); ++rung)
    needed = rung == 1 ? fmt::format("{}", reduction_) : fmt::format("{} x {}", needed, reduction_);
  return fmt::format(
      "no run was trained to its end: of {} runs that have the metric one goes on at each of the "
      "steps {}, so {} are needed, and there are {}; ask for more sweep.runs, a smaller "
      "sweep.reduction or a larger sweep.least_steps",
      reduction_,
      fmt::join(std::vector(steps_.begin(), steps_.end() - (steps_.empty() ? 0 : 1)), ", "), needed,
      runs);
}

bool Rungs::isBetter(const std::optional<double>& a, const std::optional<double>& b) const {
  if (!a || !b) return a.has_value() && !b.has_value();
  return maximise_ ? *a > *b : *a < *b;
}

std::optional<size_t> Rungs::promotion(size_t rung, const std::vector<Standing>& standings) const {
  std::vector<size_t> reached;
  for (size_t i = 0; i < standings.size(); ++i)
    if (standings[i].values.size() > rung) reached.push_back(i);
  std::stable_sort(reached.begin(), reached.end(), [&](size_t a, size_t b) {
    return isBetter(standings[a].values[rung], standings[b].values[rung]);
  });
  reached.resize(reached.size() / static_cast<size_t>(reduction_));
  for (const size_t i : reached)
    if (standings[i].values.size() == rung + 1 && standings[i].values[rung] && !standings[i].over &&
        !standings[i].busy)
      return i;
  return std::nullopt;
}

std::optional<Rungs::Choice> Rungs::next(const std::vector<Standing>& standings) const {
  for (size_t rung = steps_.size() - 1; rung-- > 0;)
    if (const auto run = promotion(rung, standings)) return Choice{*run, rung + 1};
  for (size_t i = 0; i < standings.size(); ++i) {
    const auto& one = standings[i];
    if (one.values.empty() && !one.over && !one.busy) return Choice{i, 0};
  }
  return std::nullopt;
}

void requireMetric(const SweepMetric& metric, const train::Experiment& experiment) {
  if (metric.split != "validation")
    fail(
        "sweep.metric.split: the split {} is evaluated when a run ends, and not at a rung; take "
        "validation",
        metric.split);
  std::vector<std::string> tasks, metrics{"loss"};
  for (const auto& task : experiment.tasks) tasks.push_back(task.name);
  const auto task = std::find(tasks.begin(), tasks.end(), metric.task) - tasks.begin();
  if (task == std::ssize(tasks))
    fail("sweep.metric.task: there is no task \"{}\"; known: {}", metric.task,
         fmt::join(tasks, ", "));
  for (const auto& one : experiment.tasks[static_cast<size_t>(task)].metrics)
    metrics.push_back(one.id);
  if (std::find(metrics.begin(), metrics.end(), metric.metric) == metrics.end())
    fail("sweep.metric.metric: the task \"{}\" has no metric \"{}\"; it has {}", metric.task,
         metric.metric, fmt::join(metrics, ", "));
}

void requireSameLoss(const SweepMetric& metric, const train::Experiment& experiment,
                     std::optional<train::MethodSpec>& loss) {
  if (metric.metric != "loss") return;
  for (const auto& task : experiment.tasks) {
    if (task.name != metric.task) continue;
    if (loss && *loss != task.loss)
      fail(
          "sweep.metric.metric: the runs have unlike losses of the task \"{}\", {} and {}, whose "
          "values cannot be compared; take another metric of the task",
          metric.task, train::toJson(*loss).dump(), train::toJson(task.loss).dump());
    loss = task.loss;
  }
}

std::vector<std::optional<double>> valuesAt(const run::RunReader& reader, const SweepMetric& metric,
                                            const std::vector<std::int64_t>& steps) {
  const auto tasks = reader.tasks();
  const auto task = std::find(tasks.begin(), tasks.end(), metric.task) - tasks.begin();
  if (task == std::ssize(tasks))
    fail("sweep.metric.task: {} has no task \"{}\"; it has {}", reader.folder().string(),
         metric.task, fmt::join(tasks, ", "));
  const auto evaluations = reader.evaluations();
  std::vector<std::optional<double>> values;
  for (const auto step : steps) {
    const auto found = std::find_if(evaluations.rbegin(), evaluations.rend(), [&](const auto& one) {
      return one.step == step && toText(one.split) == metric.split;
    });
    if (found == evaluations.rend()) break;
    const auto& metrics = found->tasks.at(static_cast<size_t>(task));
    if (!metrics.contains(metric.metric))
      fail("sweep.metric.metric: the task \"{}\" has no metric \"{}\"", metric.task, metric.metric);
    const double value = metrics.at(metric.metric);
    values.push_back(std::isfinite(value) ? std::optional(value) : std::nullopt);
  }
  return values;
}

}  // namespace eq::study
