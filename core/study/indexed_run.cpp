#include "core/study/indexed_run.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "core/base/expression_scanner.h"
#include "core/run/run_values.h"
#include "core/study/experiment_at_end.h"
#include "core/train/complete_experiment.h"
#include "core/train/replay.h"
#include "core/train/series_memory.h"
#include "core/train/series_name.h"

namespace eq::study {
namespace {

using nlohmann::json;
using train::SeriesFunction;
using train::SeriesKind;
using train::SeriesQuantity;
using train::SeriesValue;

/// Place of a name in a sorted list.
std::optional<std::size_t> placeIn(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::lower_bound(names.begin(), names.end(), name);
  if (found == names.end() || *found != name) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

SeriesValue valueOfField(const json& field) {
  if (field.is_boolean()) return field.get<bool>();
  if (field.is_number()) return field.get<double>();
  if (field.is_string()) return field.get<std::string>();
  if (field.is_null()) return {};
  return field.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The path that a short name stands for; empty where it is none.
std::string pathOf(const std::string& name) {
  static const std::map<std::string, std::string> kPaths{{"weighting", "balancer.weighting.id"},
                                                         {"gradient", "balancer.gradient.id"},
                                                         {"optimizer", "optimizer.id"},
                                                         {"model", "model.id"},
                                                         {"data", "data.id"}};
  const auto found = kPaths.find(name);
  return found == kPaths.end() ? name : found->second;
}

/// What the table says of a run beside its experiment.
std::optional<SeriesValue> valueOfInfo(const IndexedRun& run, const std::string& name) {
  const auto& info = run.info;
  if (name == "name") return info.shown();
  if (name == "tag") return run.labels.tag;
  if (name == "note") return run.labels.note;
  if (name == "pinned") return run.labels.pinned;
  if (name == "colour")
    return run.labels.colour > 0 ? SeriesValue(static_cast<double>(run.labels.colour))
                                 : SeriesValue();
  if (name == "state") return toText(info.state);
  if (name == "folder") return info.folder.filename().string();
  if (name == "parent") return info.parent.empty() ? SeriesValue() : SeriesValue(info.parent);
  if (name == "steps" || name == "step") return static_cast<double>(info.steps);
  if (name == "created") return info.created;
  return std::nullopt;
}

SeriesValue valueOfSeries(const IndexedRun& run, const SeriesQuantity& quantity,
                          std::size_t place) {
  const bool goesOn = run.info.state != run::RunState::finished;
  if (quantity.function == SeriesFunction::final && goesOn) return {};
  train::SeriesMemory memory(quantity);
  std::int64_t look = 0;
  for (auto i = place == 0 ? 0 : run.ends[place - 1]; i < run.ends[place]; ++i)
    memory.add(++look, run.values[i]);
  return memory.value();
}

using SeriesByName = std::map<std::string, std::vector<double>>;

void addEvaluations(const std::vector<train::EvaluationRecord>& evaluations,
                    const std::vector<std::string>& tasks, const run::LossesSince& since,
                    SeriesByName& series) {
  for (const auto& evaluation : evaluations)
    for (std::size_t k = 0; k < std::min(tasks.size(), evaluation.tasks.size()); ++k)
      for (const auto& [metric, value] : evaluation.tasks[k])
        if (!run::isOfFormerLoss(evaluation, k, metric, since))
          series[train::seriesName({toText(evaluation.split), tasks[k], metric})].push_back(value);
}

void addNewestStep(const run::RunReader& reader, std::int64_t step,
                   const std::vector<std::string>& tasks, SeriesByName& series) {
  for (const auto& record : reader.steps(step - 1)) {
    series["epoch"] = {record.epoch};
    series["examples"] = {static_cast<double>(record.examples)};
    series["seconds"] = {record.seconds};
    series["learning_rate"] = {record.learningRate};
    for (std::size_t k = 0; k < std::min(tasks.size(), record.losses.size()); ++k) {
      series[train::seriesName({"loss", tasks[k]})] = {record.losses[k]};
      if (k < record.weights.size())
        series[train::seriesName({"weight", tasks[k]})] = {record.weights[k]};
    }
  }
}

void addIntervals(const std::vector<train::EvaluationRecord>& evaluations,
                  const std::vector<std::string>& tasks, IndexedRun& run) {
  for (const auto& [task, splits] : run::finalIntervals(evaluations, tasks))
    for (const auto& [split, metrics] : splits)
      for (const auto& [metric, interval] : metrics)
        if (const auto place =
                placeIn(run.layout->series, train::seriesName({split, task, metric})))
          run.intervals.push_back({*place, interval.low, interval.high});
  std::sort(run.intervals.begin(), run.intervals.end(),
            [](const auto& a, const auto& b) { return a.series < b.series; });
}

bool needsAll(SeriesFunction function) {
  return function != SeriesFunction::value && function != SeriesFunction::last &&
         function != SeriesFunction::final && function != SeriesFunction::notFinite;
}

}  // namespace

const json* interned(const json& value) {
  static std::mutex mutex;
  static std::map<json, std::unique_ptr<const json>> all;
  const std::lock_guard lock(mutex);
  auto& one = all[value];
  if (!one) one = std::make_unique<const json>(value);
  return one.get();
}

const json* fieldOf(const IndexedRun& run, const std::string& path) {
  const auto place = placeIn(run.layout->fields, path);
  return place && *place < run.fields.size() ? run.fields[*place] : nullptr;
}

const std::vector<std::string>& shortNames() {
  static const std::vector<std::string> names{
      "colour",    "created", "data",   "folder", "gradient", "model", "name", "note",
      "optimizer", "parent",  "pinned", "state",  "step",     "steps", "tag",  "weighting"};
  return names;
}

std::vector<std::string> namesOf(const std::vector<IndexedRunPtr>& runs) {
  std::set<std::string> names(shortNames().begin(), shortNames().end());
  std::set<const RunLayout*> seen;
  for (const auto& run : runs) {
    if (!seen.insert(run->layout.get()).second) continue;
    names.insert(run->layout->fields.begin(), run->layout->fields.end());
    names.insert(run->layout->series.begin(), run->layout->series.end());
  }
  return {names.begin(), names.end()};
}

SeriesValue IndexedRun::value(const SeriesQuantity& quantity) const {
  if (const auto info = valueOfInfo(*this, quantity.name)) return *info;
  if (const auto place = placeIn(layout->series, quantity.name))
    return valueOfSeries(*this, quantity, *place);
  if (quantity.function != SeriesFunction::value) return {};
  const auto* field = fieldOf(*this, pathOf(quantity.name));
  return field ? valueOfField(*field) : SeriesValue();
}

void requireIndexed(const train::SeriesExpression& expression, std::string_view place) {
  for (const auto& quantity : expression.quantities) {
    const bool isWhole = train::seriesKind(quantity.parts) == SeriesKind::evaluation;
    if (!isWhole && needsAll(quantity.function))
      ExpressionScanner(expression.text, place)
          .refuse(quantity.offset,
                  fmt::format("{} of many runs takes a series of evaluations, such as "
                              "validation.TASK.loss; of others the newest value is known",
                              toText(quantity.function)));
  }
}

SeriesValue valueFor(const train::SeriesExpression& expression, const IndexedRun& run) {
  return evaluate(expression, [&](std::size_t i) { return run.value(expression.quantities[i]); });
}

std::optional<IndexedInterval> intervalFor(const train::SeriesExpression& expression,
                                           const IndexedRun& run) {
  if (expression.nodes.size() != 1 || expression.quantities.size() != 1) return std::nullopt;
  const auto& quantity = expression.quantities.front();
  const bool isFinal = quantity.function == SeriesFunction::final;
  if (needsAll(quantity.function) || quantity.function == SeriesFunction::notFinite ||
      (isFinal && run.info.state != run::RunState::finished))
    return std::nullopt;
  const auto place = placeIn(run.layout->series, quantity.name);
  for (const auto& interval : run.intervals)
    if (place == interval.series) return interval;
  return std::nullopt;
}

IndexedRun readIndexedRun(const std::filesystem::path& folder) {
  const run::RunReader reader(folder);
  IndexedRun run;
  run.info = reader.info();
  run.labels = run::labelsOf(folder);
  const auto events = train::givenFromOutside(reader.events());
  const auto complete = train::completeExperiment(experimentAtEnd(reader.experiment(), events));
  auto layout = std::make_shared<RunLayout>();
  layout->fields = train::writtenPaths({&complete});
  for (const auto& path : layout->fields)
    run.fields.push_back(interned(train::fieldAt(complete, path).value_or(nullptr)));
  const auto tasks = reader.tasks();
  SeriesByName series;
  const auto evaluations = reader.evaluations();
  addEvaluations(evaluations, tasks, run::lossesSince(events, tasks.size()), series);
  addNewestStep(reader, run.info.steps, tasks, series);
  for (const auto& [name, values] : series) {
    layout->series.push_back(name);
    run.values.insert(run.values.end(), values.begin(), values.end());
    run.ends.push_back(run.values.size());
  }
  run.layout = std::move(layout);
  addIntervals(evaluations, tasks, run);
  return run;
}

}  // namespace eq::study
