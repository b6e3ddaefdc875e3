#include "core/study/compared_run.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "core/base/error.h"
#include "core/run/run_values.h"
#include "core/study/experiment_at_end.h"
#include "core/study/single_task.h"
#include "core/train/complete_experiment.h"
#include "core/train/replay.h"

namespace eq::study {
namespace {

using Evaluations = std::vector<train::EvaluationRecord>;
using nlohmann::json;

std::int64_t meanCount(const std::string& text) {
  std::int64_t count = 0;
  const std::string digits = text.starts_with("mean:") ? text.substr(5) : "";
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, count);
  if (read.ec != std::errc() || read.ptr != end || count < 1)
    fail("--value: expected final, best or mean:K with a whole K from 1, found \"{}\"", text);
  return count;
}

std::optional<double> valueIn(const train::EvaluationRecord& evaluation, std::size_t task,
                              const std::string& metric) {
  if (task >= evaluation.tasks.size()) return std::nullopt;
  const auto found = evaluation.tasks[task].find(metric);
  return found == evaluation.tasks[task].end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> meanOfLast(const Evaluations& evaluations, std::size_t task,
                                 const std::string& metric, std::int64_t count) {
  const auto skipped =
      std::max<std::int64_t>(0, static_cast<std::int64_t>(evaluations.size()) - count);
  double sum = 0;
  std::int64_t there = 0;
  for (auto i = static_cast<std::size_t>(skipped); i < evaluations.size(); ++i)
    if (const auto value = valueIn(evaluations[i], task, metric)) {
      sum += *value;
      ++there;
    }
  return there == 0 ? std::nullopt : std::optional(sum / static_cast<double>(there));
}

/// The evaluations of the chosen split, and where each task's first metric was best.
struct Looks {
  Evaluations ofSplit;
  std::vector<std::optional<run::Best>> best;
};

Looks looksOf(const run::RunReader& reader, const std::vector<ComparedTask>& tasks,
              const ValueChoice& choice) {
  std::vector<std::string> firstMetrics;
  for (const auto& task : tasks) firstMetrics.push_back(task.firstMetric);
  const auto since = run::lossesSince(reader.events(), tasks.size());
  Looks looks;
  looks.best.resize(tasks.size());
  for (auto& evaluation : reader.evaluations()) {
    run::takeBest(looks.best, evaluation, firstMetrics, since);
    if (evaluation.split == choice.split) looks.ofSplit.push_back(std::move(evaluation));
  }
  return looks;
}

std::optional<double> valueWhereBest(const Looks& looks, std::size_t task,
                                     const std::string& metric) {
  if (!looks.best[task]) return std::nullopt;
  for (const auto& evaluation : looks.ofSplit)
    if (evaluation.step == looks.best[task]->step) return valueIn(evaluation, task, metric);
  return std::nullopt;
}

MetricValues valuesOf(const Looks& looks, std::size_t task, const ValueChoice& choice) {
  std::set<std::string> metrics;
  for (const auto& evaluation : looks.ofSplit)
    if (task < evaluation.tasks.size())
      for (const auto& [metric, value] : evaluation.tasks[task]) metrics.insert(metric);
  MetricValues values;
  for (const auto& metric : metrics) {
    auto& value = values[metric];
    if (choice.kind == ValueChoice::Kind::best)
      value = valueWhereBest(looks, task, metric);
    else if (choice.kind == ValueChoice::Kind::mean)
      value = meanOfLast(looks.ofSplit, task, metric, choice.count);
    else
      value = valueIn(looks.ofSplit.back(), task, metric);
  }
  return values;
}

/// Of a list of metrics, whose entries are ids or methods.
std::string firstMetricOf(const json& task) {
  const auto metrics = task.value("metrics", json::array());
  if (!metrics.is_array() || metrics.empty()) return "loss";
  const auto& first = metrics[0];
  const auto id = first.is_object() ? first.value("id", json()) : first;
  return id.is_string() ? id.get<std::string>() : "loss";
}

std::vector<ComparedTask> tasksOf(const run::RunReader& reader, const json& complete) {
  std::vector<ComparedTask> tasks;
  for (const auto& name : reader.tasks()) {
    ComparedTask task;
    task.name = name;
    task.firstMetric = "loss";
    for (const auto& spec : complete.value("tasks", json::array()))
      if (spec.is_object() && spec.value("name", "") == name) {
        task.enabled = spec.value("enabled", true);
        task.firstMetric = firstMetricOf(spec);
        task.loss = spec.value("loss", json());
      }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

/// What was done to the run while it trained, by step; empty: nothing.
std::string changesIn(const std::vector<train::EventRecord>& events) {
  std::string changes;
  for (const auto& event : events)
    if (event.kind == "command")
      changes += fmt::format("{}step {}: {}", changes.empty() ? "" : "; ", event.step, event.text);
  return changes;
}

}  // namespace

ValueChoice valueChoice(const std::string& text, const std::string& split) {
  ValueChoice choice;
  if (text == "best")
    choice.kind = ValueChoice::Kind::best;
  else if (text != "final")
    choice = {ValueChoice::Kind::mean, meanCount(text)};
  for (const auto known :
       {train::SplitName::train, train::SplitName::validation, train::SplitName::test})
    if (toText(known) == (split == "val" ? "validation" : split)) {
      choice.split = known;
      return choice;
    }
  fail("--split: expected train, validation or test, found \"{}\"", split);
}

std::string inWords(const ValueChoice& choice) {
  const auto split = fmt::format("of the {} split", toText(choice.split));
  if (choice.kind == ValueChoice::Kind::final) return "final values " + split;
  if (choice.kind == ValueChoice::Kind::best)
    return "values " + split + " where the first metric was best on the validation split";
  return fmt::format("means of the last {} evaluations {}", choice.count, split);
}

const ComparedTask* ComparedRun::task(const std::string& name) const {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const auto& task) { return task.name == name; });
  return found == tasks.end() ? nullptr : &*found;
}

json ComparedRun::field(const std::string& path) const {
  return train::fieldAt(complete, path).value_or(nullptr);
}

const ComparedTask* ComparedRun::baselineTask() const {
  return onlyTask ? task(*onlyTask) : nullptr;
}

json ComparedRun::trainable() const {
  auto trainable = experiment;
  trainable.erase("changes");
  return trainable;
}

ComparedRun readComparedRun(const std::filesystem::path& folder, const ValueChoice& choice) {
  const run::RunReader reader(folder);
  ComparedRun run;
  run.folder = folder;
  run.state = reader.info().state;
  const auto events = train::givenFromOutside(reader.events());
  run.experiment = experimentAtEnd(reader.experiment(), events);
  run.complete = train::completeExperiment(run.experiment);
  if (const auto changes = changesIn(events); !changes.empty())
    run.experiment["changes"] = run.complete["changes"] = changes;
  const auto seed = run.field("seed");
  run.seed = seed.is_number_integer() ? seed.get<std::int64_t>() : 0;
  run.tasks = tasksOf(reader, run.complete);
  run.onlyTask = onlyTaskThroughout(reader);
  const auto looks = looksOf(reader, run.tasks, choice);
  for (std::size_t k = 0; k < run.tasks.size(); ++k)
    run.tasks[k].values = valuesOf(looks, k, choice);
  return run;
}

}  // namespace eq::study
