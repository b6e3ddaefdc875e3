#include "core/run/merging/merge_runs.h"

#include <algorithm>
#include <chrono>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/merging/data_fields.h"
#include "core/run/merging/merge_folder.h"
#include "core/run/merging/run_merger.h"
#include "core/run/run_start.h"
#include "core/run/run_values.h"
#include "core/run/runner_state.h"
#include "core/run/whereabouts.h"

namespace eq::run {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

MergeSource readBase(const std::string& given) {
  auto base = readMergeSource(given);
  if (base.folder.empty())
    fail(
        "{}: is a file; the base is a run, whose experiment and record the merged one takes up: "
        "name its folder, or FOLDER@STEP",
        given);
  return base;
}

std::vector<MergeSource> readExperts(const std::vector<std::string>& given) {
  if (given.empty()) fail("--runs: at least one run is needed, found none");
  std::vector<MergeSource> experts;
  for (const auto& one : given) experts.push_back(readMergeSource(one));
  return experts;
}

/// Makes the trainer's experiment that of the plan; its events say how.
void follow(const MergePlan& plan, train::Trainer& trainer) {
  auto wanted = trainer.experiment();
  for (size_t t = 0; t < wanted.tasks.size(); ++t) {
    wanted.tasks[t].enabled = plan.experiment.tasks.at(t).enabled;
    wanted.tasks[t].loss = plan.experiment.tasks[t].loss;
  }
  for (const auto& command : train::requireCommandsBetween(trainer.experiment(), wanted))
    trainer.apply(command);
}

/// A loss is compared with the same loss alone.
void dropOtherLosses(const MergePlan& plan, const train::Experiment& other, TaskValues& values) {
  const auto metrics = mainMetrics(plan.experiment);
  for (size_t t = 0; t < metrics.size(); ++t)
    for (const auto& task : other.tasks)
      if (metrics[t] == "loss" && task.name == plan.experiment.tasks[t].name &&
          task.loss != plan.experiment.tasks[t].loss)
        values[t].reset();
}

/// Each run's metric of the task with the base's head, turned so that more is better.
json similarityTo(const std::string& target, const train::Trainer& base,
                  const MergeSource& baseSource, const std::vector<MergeSource>& experts) {
  const auto& tasks = base.experiment().tasks;
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [&](const auto& task) { return task.name == target; });
  if (found == tasks.end()) fail("expert_average.target: the base has no task \"{}\"", target);
  const auto t = static_cast<size_t>(found - tasks.begin());
  const double sign = isHigherBetter(mainMetrics(base.experiment()).at(t)) ? 1 : -1;
  MergeBench bench(base);
  auto similarity = json::array();
  for (size_t k = 0; k < experts.size(); ++k) {
    auto parameters = parametersOf(baseSource);
    for (const auto& [name, tensor] : parametersOf(experts[k]))
      if (parameters.contains(name) && !taskOfHead(name, base.experiment()))
        parameters[name] = tensor;
    const auto value = bench.values(parameters).at(t);
    if (!value)
      fail("{}: has no value of the task {} to be ranked by", placeOfRun(experts, k), target);
    similarity.push_back(sign * *value);
  }
  return similarity;
}

json geometryAsJson(const merge::Question& question, const Eigen::VectorXd& theta) {
  json geometry;
  merge::addGeometry(question.taus, geometry);
  geometry["merged_norm"] = (theta - question.base).stableNorm();
  auto& layers = geometry["layers"] = json::object();
  for (const auto& place : question.places) {
    merge::Vectors parts;
    for (const auto& tau : question.taus) parts.emplace_back(tau.segment(place.begin, place.size));
    merge::addGeometry(parts, layers[place.name]);
  }
  return geometry;
}

/// What happened, as the run's record tells it.
train::EventRecord mergeEvent(const MergeRequest& request, const MergeSource& base,
                              const json& report, const train::Trainer& trainer,
                              const std::string& further) {
  json detail{{"runs", request.runs},
              {"base", request.base},
              {"base_step", base.step},
              {"seed", request.seed}};
  for (const char* key : {"id", "params", "lambda", "coefficients"}) detail[key] = report.at(key);
  detail.update(machineryOf(trainer));
  return {base.step, base.snapshot.meta.at("seconds").get<double>(), "merge",
          fmt::format("merged by {} from {} on {} at step {}{}", request.id,
                      fmt::join(request.runs, ", "), request.base, base.step, further),
          detail};
}

RunWriter::ForkStart startOf(const MergeSource& base, const train::Trainer& trainer) {
  const RunReader parent(base.folder);
  auto began = Whereabouts(parent).locate(parent.experiment()).experiment;
  began.device = trainer.experiment().device;
  RunWriter::ForkStart start;
  start.parent = base.folder;
  start.parentId = idOf(base.folder);
  start.step = base.step;
  start.experiment = train::toJson(began);
  start.dataFolder = trainer.experiment().folder.string();
  start.totalSteps = trainer.totalSteps();
  return start;
}

/// The steps of `mergeRuns`, and what they hand on.
class Merging {
 public:
  Merging(const MergeRequest& request, const MergeProgress& progress)
      : request_(request),
        progress_(progress ? progress : [](const std::string&) {}),
        base_(readBase(request.base)),
        experts_(readExperts(request.runs)),
        merger_(request.id, request.params.is_null() ? json::object() : request.params,
                request.seed, base_, experts_) {
    outcome_.warnings = mergeWarnings(base_, experts_);
    const auto& further = merger_.plan().warnings;
    outcome_.warnings.insert(outcome_.warnings.end(), further.begin(), further.end());
  }

  MergeOutcome go() {
    restoreBase();
    progress_("the base");
    auto values = mainValues(trainer_->experiment(), trainer_->evaluate(kSplit));
    dropOtherLosses(merger_.plan(), base_.experiment, values);
    if (merger_.ranks())
      merger_.give({{"similarity", similarityTo(merger_.params()["target"].get<std::string>(),
                                                *trainer_, base_, experts_)}});
    trainer_->takeEvents();
    follow(merger_.plan(), *trainer_);
    MergeBench bench(*trainer_);
    scores_ = scoresOf(merger_.plan(), values, valuesOfExperts(bench));
    if (merger_.readsFields())
      merger_.give(dataFields(merger_, {base_, experts_, bench, scores_, progress_}));
    const auto merged = merger_.merge(bench, scores_, progress_);
    judge(merged, bench);
    write(merged, bench);
    return std::move(outcome_);
  }

 private:
  static constexpr auto kSplit = train::SplitName::validation;

  void restoreBase() {
    auto restored = restore(base_.snapshot, base_.file.string(), RunReader(base_.folder),
                            {{}, {}, {}, request_.device});
    further_ = inWords(restored);
    for (const auto& split : restored.otherData)
      outcome_.warnings.push_back(fmt::format(
          "{}: the {} data differ from those that it was trained with", request_.base, split));
    trainer_ = std::move(restored.trainer);
  }

  std::vector<TaskValues> valuesOfExperts(const MergeBench& bench) const {
    std::vector<TaskValues> all;
    for (size_t k = 0; k < experts_.size(); ++k) {
      progress_(placeOfRun(experts_, k));
      all.push_back(expertValues(bench, base_, experts_[k]));
      dropOtherLosses(merger_.plan(), experts_[k].experiment, all.back());
    }
    return all;
  }

  void judge(const MergedModel& merged, MergeBench& bench) {
    progress_("the merged model");
    const auto values = merger_.values(merged, bench);
    for (size_t t = 0; t < scores_.size(); ++t) scores_[t].merged = values[t];
    auto& report = outcome_.report;
    const auto& params = merger_.params();
    report = {{"id", request_.id},
              {"params", params},
              {"base", request_.base},
              {"runs", request_.runs},
              {"seed", request_.seed}};
    report["lambda"] = lambdaOf(params);
    report["coefficients"] = merged.fields.value("coefficients", merger_.given("coefficients"));
    report["fields"] = merged.fields;
    report["data"] = merge::catalog().descriptor(request_.id).traits.value("data", "none");
    report.update(geometryAsJson(merger_.question(), merged.theta));
    report["tasks"] = tasksAsJson(scores_, request_.runs);
    report["mean"] = meanAsJson(scores_);
  }

  /// That in force; null where the method has none.
  json lambdaOf(const json& params) const {
    if (params.contains("lambda")) return params["lambda"];
    for (const auto& spec : merge::catalog().descriptor(request_.id).parameters)
      if (spec.name == "lambda") return spec.defaultValue;
    return nullptr;
  }

  void write(const MergedModel& merged, MergeBench& bench) {
    MergedRun run;
    run.records.evaluations.push_back(bench.evaluate(merged.parameters));
    run.snapshot = bench.beginning(merged.parameters);
    run.start = startOf(base_, *trainer_);
    run.start.events = trainer_->takeEvents();
    run.start.events.push_back(mergeEvent(request_, base_, outcome_.report, *trainer_, further_));
    for (auto& event : bench.takeEvents()) run.records.events.push_back(std::move(event));
    run.state = trainer_->finished() ? RunState::finished : RunState::stopped;
    run.extras = merged.extras;
    outcome_.report["warnings"] = outcome_.warnings;
    outcome_.report["seconds"] = std::chrono::duration<double>(Clock::now() - begun_).count();
    progress_("the run folder");
    writeMergedRun(request_.out, run, outcome_.report);
  }

  const MergeRequest& request_;
  MergeProgress progress_;
  Clock::time_point begun_ = Clock::now();
  MergeSource base_;
  std::vector<MergeSource> experts_;
  RunMerger merger_;
  std::unique_ptr<train::Trainer> trainer_;
  std::vector<TaskScore> scores_;
  std::string further_;
  MergeOutcome outcome_;
};

}  // namespace

MergeOutcome mergeRuns(const MergeRequest& request, const MergeProgress& progress) {
  requireFreeFolder(request.out);
  return Merging(request, progress).go();
}

}  // namespace eq::run
