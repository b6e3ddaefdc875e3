#include "core/study/front.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/error.h"
#include "core/metric/pareto/front_json.h"
#include "core/run/run_folder.h"
#include "core/run/run_values.h"
#include "core/run/trainer_at.h"
#include "core/study/experiment_at_end.h"
#include "core/study/run_folders.h"
#include "core/train/complete_experiment.h"
#include "core/train/experiment.h"
#include "core/train/front_catalog.h"
#include "core/train/front_preferences.h"
#include "core/train/front_variants.h"
#include "core/train/replay.h"
#include "core/train/settings.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kLeastSpread = 4;  // runs, of which half say what is usual
constexpr int kFarBehind = 100;

std::vector<fs::path> requestedRuns(const FrontRequest& request) {
  std::vector<fs::path> folders;
  std::set<fs::path> seen;
  for (const auto& argument : request.runs)
    for (auto& folder : runFolders(argument)) {
      std::error_code error;
      const auto canonical = fs::weakly_canonical(folder, error);
      if (!seen.insert(error ? folder : canonical).second)
        fail("{}: the run is named twice; name it once", folder.string());
      folders.push_back(std::move(folder));
    }
  return folders;
}

/// Of evaluations of a split: their steps, ascending, each once.
std::vector<std::int64_t> evaluatedSteps(const std::vector<train::EvaluationRecord>& evaluations,
                                         train::SplitName split) {
  std::set<std::int64_t> steps;
  for (const auto& evaluation : evaluations)
    if (evaluation.split == split) steps.insert(evaluation.step);
  return {steps.begin(), steps.end()};
}

std::int64_t lastCheckpoint(const run::RunReader& reader) {
  const auto checkpoints = reader.checkpoints();
  if (checkpoints.empty())
    fail(
        "{}: the run has no checkpoint; name a step whose evaluation is recorded with --checkpoint",
        reader.folder().string());
  return checkpoints.back().step;
}

/// Of the last checkpoint. Where that of one among several runs was not evaluated, the evaluation
/// before it: the front of a sweep does not fail for a run that was interrupted.
std::int64_t lastStep(const run::RunReader& reader, train::SplitName split, RunFront& front) {
  const auto last = lastCheckpoint(reader);
  const auto steps = evaluatedSteps(reader.evaluations(), split);
  const auto after = std::upper_bound(steps.begin(), steps.end(), last);
  if (front.runs.size() == 1 || after == steps.begin() || *std::prev(after) == last) return last;
  front.remarks.push_back(
      fmt::format("{}: its last checkpoint, step {}, was not evaluated on {}; its point is that of "
                  "step {}",
                  reader.folder().string(), last, toText(split), *std::prev(after)));
  return *std::prev(after);
}

/// The newest one at the step.
train::EvaluationRecord evaluationAt(const run::RunReader& reader, std::int64_t step,
                                     train::SplitName split) {
  auto evaluations = reader.evaluations();
  for (auto one = evaluations.rbegin(); one != evaluations.rend(); ++one)
    if (one->step == step && one->split == split) return std::move(*one);
  const auto steps = evaluatedSteps(evaluations, split);
  if (steps.empty())
    fail("{}: no evaluation of {} is recorded", reader.folder().string(), toText(split));
  fail("{}: no evaluation of {} is recorded at step {}; --checkpoint takes: {}",
       reader.folder().string(), toText(split), step, fmt::join(steps, ", "));
}

std::vector<FrontAxis> axesOf(const train::Experiment& experiment, bool losses) {
  const auto metrics = run::mainMetrics(experiment);
  std::vector<FrontAxis> axes;
  for (size_t k = 0; k < metrics.size(); ++k) {
    const std::string id = losses ? "loss" : metrics[k];
    axes.push_back({experiment.tasks[k].name, id, run::isHigherBetter(id)});
  }
  return axes;
}

std::int64_t usualPoints(size_t tasks) {
  if (tasks == 2) return 11;
  return std::max<std::int64_t>(66, static_cast<std::int64_t>(tasks) + 1);
}

/// Of each task the metrics of one sample.
std::vector<std::map<std::string, double>> sampleOf(const train::FrontPoint& point,
                                                    const std::vector<FrontAxis>& axes,
                                                    std::int64_t sample) {
  std::vector<std::map<std::string, double>> tasks(point.tasks.size());
  for (size_t k = 0; k < std::min(tasks.size(), axes.size()); ++k)
    if (const auto found = point.tasks[k].find(train::ofSample(axes[k].metric, sample));
        found != point.tasks[k].end())
      tasks[k][axes[k].metric] = found->second;
  return tasks;
}

/// What further models of a preference come to, where the method draws some.
void addSamples(const train::FrontPoint& point, RunFront& front) {
  metric::Points drawn;
  while (
      point.tasks.front().contains(train::ofSample(front.axes.front().metric, std::ssize(drawn))))
    drawn.push_back(pointOf(sampleOf(point, front.axes, std::ssize(drawn)), front.axes));
  if (drawn.empty()) return;
  auto best = drawn.front();
  metric::Point mean(best.size(), 0.0);
  for (const auto& sample : drawn)
    for (size_t k = 0; k < sample.size(); ++k) {
      mean[k] += sample[k] / static_cast<double>(drawn.size());
      const bool isBetter = front.axes[k].maximise ? sample[k] > best[k] : sample[k] < best[k];
      if (isBetter || std::isnan(sample[k])) best[k] = sample[k];
    }
  front.bestOfSamples.push_back(std::move(best));
  front.meanOfSamples.push_back(std::move(mean));
}

/// The front of a run that trains one, at its checkpoint.
RunFront measuredFront(const run::RunReader& reader, const FrontRequest& request) {
  const auto restored = run::trainerAt(reader, request.step);
  const auto& trainer = *restored.trainer;
  const auto& experiment = trainer.experiment();
  const auto tasks = experiment.tasks.size();
  RunFront front;
  front.runs = {reader.folder()};
  front.split = request.split;
  front.method = experiment.pareto.id;
  front.steps = {trainer.stepsDone()};
  front.axes = axesOf(experiment, request.losses);
  const auto preferences =
      train::frontPreferences(tasks, request.points.value_or(usualPoints(tasks)),
                              train::seedOfFront(experiment), "--points");
  const auto measured = trainer.front(request.split, preferences);
  if (measured.front().tasks.front().contains(train::kMultiplyAdds))
    front.axes.push_back({"", train::kMultiplyAdds, false});
  for (const auto& point : measured) {
    front.preferences.push_back(point.preference);
    front.points.push_back(pointOf(point.tasks, front.axes));
    addSamples(point, front);
  }
  for (const auto& split : restored.otherData)
    front.remarks.push_back(fmt::format("{}: the {} data are not those of the run any more",
                                        reader.folder().string(), split));
  return front;
}

std::string axesText(const std::vector<FrontAxis>& axes) {
  std::vector<std::string> texts;
  for (const auto& axis : axes) texts.push_back(axis.task + "." + axis.metric);
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// What makes runs alike that differ in the seed alone: the experiment without seed and name, and
/// what was changed while it ran.
json identityOf(const run::RunReader& reader) {
  auto experiment = begunWithLastLength(reader.experiment(), reader.events());
  for (const char* key : {"seed", "name", "description"}) experiment.erase(key);
  auto changes = json::array();
  for (const auto& event : train::givenFromOutside(reader.events()))
    if (event.kind == "command" && event.detail.value("kind", "") != "note")
      changes.push_back({event.step, event.detail});
  return {{"experiment", std::move(experiment)}, {"changes", std::move(changes)}};
}

/// Of each task, defaults written out.
std::vector<json> lossesAtEnd(const run::RunReader& reader) {
  const auto ended = train::inForceAt(train::experimentFromJson(reader.experiment()),
                                      reader.events(), std::numeric_limits<std::int64_t>::max())
                         .experiment;
  const json complete = train::completeExperiment(train::toJson(ended));
  std::vector<json> losses;
  for (size_t k = 0; k < ended.tasks.size(); ++k)
    losses.push_back(train::valueAt(complete, fmt::format("tasks[{}].loss", k)));
  return losses;
}

json axesJson(const std::vector<FrontAxis>& axes) {
  auto list = json::array();
  for (const auto& axis : axes)
    list.push_back({{"task", axis.task.empty() ? json() : json(axis.task)},
                    {"metric", axis.metric},
                    {"maximise", axis.maximise}});
  return list;
}

bool hasFront(const run::RunReader& reader) {
  return !train::experimentFromJson(reader.experiment()).pareto.id.empty();
}

/// What is as far from the best value as the half of the runs, and what the farthest.
struct Spread {
  double middle = 0, most = 0;
  std::size_t worst = 0;
};

std::optional<Spread> spreadOf(const RunFront& front, std::size_t axis) {
  std::vector<std::pair<double, std::size_t>> values;
  for (std::size_t i = 0; i < front.points.size(); ++i)
    if (const double value = front.points[i][axis]; std::isfinite(value))
      values.emplace_back(front.axes[axis].maximise ? -value : value, i);
  if (values.size() < kLeastSpread) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double best = values.front().first;
  return Spread{values[values.size() / 2].first - best, values.back().first - best,
                values.back().second};
}

}  // namespace

metric::Point pointOf(const std::vector<std::map<std::string, double>>& tasks,
                      const std::vector<FrontAxis>& axes) {
  metric::Point point(axes.size(), std::numeric_limits<double>::quiet_NaN());
  for (size_t k = 0; k < axes.size(); ++k) {
    const auto task = axes[k].task.empty() ? 0 : k;
    if (task >= tasks.size()) continue;
    if (const auto found = tasks[task].find(axes[k].metric); found != tasks[task].end())
      point[k] = found->second;
  }
  return point;
}

std::vector<std::string> remarksOnSpread(const RunFront& front) {
  std::vector<std::string> remarks;
  if (!front.method.empty()) return remarks;  // of one run no point is out of place
  for (std::size_t k = 0; k < front.axes.size(); ++k) {
    const auto spread = spreadOf(front, k);
    if (!spread || !(spread->most > kFarBehind * spread->middle)) continue;
    remarks.push_back(fmt::format(
        "{} has {:.4g} in {}.{}, more than {} times as far from the best as half of the runs: the "
        "default reference lies behind it, and the hypervolume says little about the others; give "
        "--reference, or leave it out",
        front.runs[spread->worst].string(), front.points[spread->worst][k], front.axes[k].task,
        front.axes[k].metric, kFarBehind));
  }
  return remarks;
}

RunFront readFront(const FrontRequest& request) {
  RunFront front;
  front.runs = requestedRuns(request);
  front.split = request.split;
  if (front.runs.size() == 1)
    if (const run::RunReader only(front.runs[0]); hasFront(only))
      return measuredFront(only, request);
  std::vector<json> identities, firstLosses;
  for (const auto& folder : front.runs) {
    const run::RunReader reader(folder);
    const auto axes = axesOf(train::experimentFromJson(reader.experiment()), request.losses);
    if (front.axes.empty()) front.axes = axes;
    if (axes != front.axes)
      fail("{}: its axes are {}, those of {} are {}; compare runs of the same tasks and metrics",
           folder.string(), axesText(axes), front.runs[0].string(), axesText(front.axes));
    const auto losses = lossesAtEnd(reader);
    if (firstLosses.empty()) firstLosses = losses;
    for (size_t k = 0; k < axes.size(); ++k)
      if (axes[k].metric == "loss" && losses[k] != firstLosses[k]) front.mixed.insert(axes[k].task);
    front.steps.push_back(request.step ? *request.step : lastStep(reader, request.split, front));
    front.points.push_back(
        pointOf(evaluationAt(reader, front.steps.back(), request.split).tasks, front.axes));
    if (hasFront(reader))
      front.remarks.push_back(fmt::format(
          "{}: it trains a front, and its point is that of equal preferences; name it alone for "
          "its front",
          folder.string()));
    const auto identity = identityOf(reader);
    const auto known = std::find(identities.begin(), identities.end(), identity);
    front.groups.push_back(known - identities.begin());
    if (known == identities.end()) identities.push_back(identity);
  }
  return front;
}

json describeFront(const RunFront& front, const std::optional<metric::Point>& reference) {
  metric::FrontQuestion question;
  question.points = front.points;
  for (const auto& axis : front.axes) question.maximise.push_back(axis.maximise);
  if (reference && reference->size() != front.axes.size())
    fail("--reference: expected {} numbers, one a{}, found {}", front.axes.size(),
         front.axes.back().task.empty() ? "n axis" : " task", reference->size());
  question.reference = reference;
  const bool several = front.runs.size() > 1;
  if (several && front.axes.size() == 2) question.groups = front.groups;
  auto found = toJson(metric::analyseFront(question, {}));
  const bool trained = !front.method.empty();
  found.update({{"method", trained ? json(front.method) : json()},
                {"split", toText(front.split)},
                {"axes", axesJson(front.axes)},
                {"preferences", trained ? json(front.preferences) : json()}});
  if (!front.bestOfSamples.empty())
    found["samples"] = {{"best", front.bestOfSamples}, {"mean", front.meanOfSamples}};
  if (!several) {
    found["step"] = front.steps[0];
    return found;
  }
  found["steps"] = front.steps;
  found["groups"] = front.groups;
  found["runs"] = json::array();
  for (const auto& folder : front.runs) found["runs"].push_back(folder.string());
  return found;
}

}  // namespace eq::study
