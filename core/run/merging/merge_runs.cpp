#include "core/run/merging/merge_runs.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/merging/alternation.h"
#include "core/run/merging/data_fields.h"
#include "core/run/merging/fusion.h"
#include "core/run/merging/merge_folder.h"
#include "core/run/merging/merge_memory.h"
#include "core/run/merging/merge_report.h"
#include "core/run/merging/scaled_sources.h"
#include "core/run/merging/surgery.h"
#include "core/run/merging/tinting.h"
#include "core/run/run_start.h"
#include "core/run/run_values.h"
#include "core/run/safetensors.h"

namespace eq::run {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

/// A checkpoint's file stands for its run at its step.
MergeSource readBase(const std::string& given) {
  auto base = readMergeSource(given);
  if (!base.folder.empty()) return base;
  const auto file = std::filesystem::absolute(base.file);
  const auto folder = file.parent_path().parent_path();
  if (file != checkpointFile(folder, base.step))
    fail(
        "{}: is a file outside its run; the base is a run, whose experiment and record the merged "
        "one takes up: name its folder, or FOLDER@STEP",
        given);
  base = readMergeSource(fmt::format("{}@{}", folder.string(), base.step));
  base.given = given;
  return base;
}

std::vector<MergeSource> expertsOf(const std::vector<std::string>& given) {
  if (given.empty()) fail("--runs: at least one run is needed, found none");
  std::vector<MergeSource> experts;
  for (const auto& one : given) experts.push_back(readMergeSource(one));
  return experts;
}

SplitValues comparableSplits(const MergePlan& plan, const train::Experiment& own,
                             SplitValues values) {
  return {comparable(std::move(values.validation), plan, own),
          comparable(std::move(values.test), plan, own)};
}

/// Both splits of the base and of each expert.
MergeScores bothScores(const MergePlan& plan, const SplitValues& base,
                       const std::vector<SplitValues>& experts) {
  std::vector<TaskValues> validation, test;
  for (const auto& values : experts) {
    validation.push_back(values.validation);
    test.push_back(values.test);
  }
  return {scoresOf(plan, base.validation, validation), scoresOf(plan, base.test, test)};
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

/// What decides what comes out of a merge.
json askedOf(const MergeRequest& request, const MergeSource& base,
             const std::vector<MergeSource>& experts, const train::Trainer& trainer) {
  auto files = json::array({contentHash(base.file)});
  for (const auto& expert : experts) files.push_back(contentHash(expert.file));
  return {{"id", request.id},
          {"params", request.params},
          {"seed", request.seed},
          {"files", files},
          {"runs", request.runs},
          {"experiment", train::toJson(trainer.experiment())},
          {"data", trainer.snapshot().meta.at("data")}};
}

/// The steps of `mergeRuns`, and what they hand on.
class Merging {
 public:
  Merging(const MergeRequest& request, const MergeProgress& progress)
      : request_(request),
        params_(request.params.is_null() ? json::object() : request.params),
        progress_(progress),
        base_(readBase(request.base)) {}

  MergeOutcome go() {
    request_.id == "atm" ? trainExperts() : readExperts();
    noteWarnings(merger_->plan().warnings);
    progress_({"the base"});
    const auto values = comparableSplits(merger_->plan(), base_.experiment, valuesOf(*trainer_));
    if (merger_->ranks())
      merger_->give({{"similarity", similarityTo(merger_->params()["target"].get<std::string>(),
                                                 *trainer_, base_, experts_)}});
    trainer_->takeEvents();
    follow(merger_->plan(), *trainer_);
    MergeBench bench(*trainer_);
    scores_ = bothScores(merger_->plan(), values, valuesOfExperts(bench));
    if (!memory_) remember();
    const auto merged = learned({base_, experts_, bench, scores_.validation, progress_, &*memory_});
    judge(merged, bench);
    write(merged, bench);
    memory_->forget();
    return std::move(outcome_);
  }

  /// After a mistake or a failure, where no other attempt would fare better.
  void forget() {
    if (memory_) memory_->forget();
  }

 private:
  void remember() {
    memory_.emplace(request_.out, askedOf(request_, base_, experts_, *trainer_));
    if (!memory_->refusal().empty()) noteWarnings({memory_->refusal()});
    if (memory_->kept()) progress_({"goes on where it was stopped", 0, 0, true});
  }

  void readExperts() {
    requireMergesRuns(request_.id, params_);
    experts_ = expertsOf(request_.runs);
    merger_.emplace(request_.id, params_, request_.seed, base_, experts_);
    noteWarnings(mergeWarnings(base_, experts_));
    restoreBase();
  }

  /// atm makes its own.
  void trainExperts() {
    if (!request_.runs.empty())
      fail("atm: trains the base's tasks itself; leave out --runs, found {}",
           fmt::join(request_.runs, ", "));
    requireMergesRuns(request_.id, params_);
    restoreBase();
    if (!base_.experiment.rules.empty())
      noteWarnings({"atm: the rules of the base's experiment are not looked at in its rounds"});
    remember();
    rounds_ = alternate(params_, request_.seed, base_, *trainer_, progress_, &*memory_);
    experts_ = rounds_->experts;
    merger_.emplace(request_.id, params_, request_.seed, rounds_->from, experts_);
  }

  void noteWarnings(const std::vector<std::string>& lines) {
    outcome_.warnings.insert(outcome_.warnings.end(), lines.begin(), lines.end());
  }

  /// What the method makes of the runs and of what it reads of the validation split.
  MergedModel learned(const MergeTable& table) {
    if (merger_->id() == "scalearn") return scaledSources(*merger_, table);
    if (merger_->readsFields()) merger_->give(dataFields(*merger_, table));
    ParameterMap heads;
    if (merger_->id() == "tinting") {
      auto found = tinted(*merger_, table);
      merger_->give({{"coefficients", found.coefficients}});
      heads = std::move(found.heads);
    }
    auto merged = merger_->merge(table.bench, table.scores, table.progress);
    for (auto& [name, tensor] : heads) merged.parameters.at(name) = tensor;
    if (merger_->id() == "tinting") addCoefficients(merger_->given("coefficients"), merged);
    return merger_->id() == "surgery" ? operated(*merger_, std::move(merged), table) : merged;
  }

  void restoreBase() {
    auto restored = restore(base_.snapshot, base_.file.string(), RunReader(base_.folder),
                            {{}, {}, {}, request_.device});
    further_ = inWords(restored);
    for (const auto& split : restored.otherData)
      noteWarnings({fmt::format("{}: the {} data differ from those that it was trained with",
                                request_.base, split)});
    trainer_ = std::move(restored.trainer);
  }

  std::vector<SplitValues> valuesOfExperts(const MergeBench& bench) const {
    std::vector<SplitValues> all;
    for (size_t k = 0; k < experts_.size(); ++k) {
      progress_({placeOfRun(experts_, k)});
      all.push_back(comparableSplits(merger_->plan(), experts_[k].experiment,
                                     expertValues(bench, base_, experts_[k])));
    }
    return all;
  }

  void judge(const MergedModel& merged, MergeBench& bench) {
    progress_({"the merged model"});
    for (auto& [split, scores] : {std::pair{train::SplitName::validation, &scores_.validation},
                                  std::pair{train::SplitName::test, &scores_.test}}) {
      const auto values = merger_->values(merged, bench, split);
      for (size_t t = 0; t < values.size(); ++t) (*scores)[t].merged = values[t];
    }
    report(merged);
  }

  void report(const MergedModel& merged) {
    std::vector<std::string> runs;
    for (const auto& expert : experts_) runs.push_back(expert.given);
    auto& report = outcome_.report;
    report = {{"id", request_.id},
              {"params", merger_->params()},
              {"base", request_.base},
              {"runs", runs},
              {"seed", request_.seed},
              {"lambda", lambdaOf(request_.id, merger_->params())},
              {"fields", merged.fields},
              {"data", merger_->dataRead()},
              {"tasks", tasksAsJson(scores_, runs)},
              {"mean", meanAsJson(scores_)}};
    report["coefficients"] = merged.fields.value("coefficients", merger_->given("coefficients"));
    report.update(geometryAsJson(merger_->question(), merged.theta));
    report["bytes"] = {{"base", sizeOf(base_.file)}, {"experts", bytesOfExperts()}};
  }

  std::uint64_t bytesOfExperts() const {
    std::uint64_t sum = 0;
    for (const auto& expert : experts_) sum += sizeOf(expert.file);
    return sum;
  }

  void write(const MergedModel& merged, MergeBench& bench) {
    MergedRun run;
    for (const auto split : {train::SplitName::validation, train::SplitName::test})
      run.records.evaluations.push_back(bench.evaluate(merged.parameters, split));
    run.snapshot = bench.beginning(merged.parameters);
    run.step = base_.step;
    run.start = forkOf(base_, *trainer_, merger_->plan());
    run.start.events = trainer_->takeEvents();
    run.start.events.push_back(mergeEvent(request_, base_, outcome_.report, *trainer_, further_));
    for (auto& event : bench.takeEvents()) run.records.events.push_back(std::move(event));
    if (rounds_) addRounds(run);
    run.state = run.step >= trainer_->totalSteps() ? RunState::finished : RunState::stopped;
    run.extras = merged.extras;
    outcome_.report["warnings"] = outcome_.warnings;
    outcome_.report["seconds"] = seconds();
    progress_({"the run folder"});
    writeMergedRun(request_.out, run, outcome_.report);
  }

  double seconds() const {
    const double now = std::chrono::duration<double>(Clock::now() - begun_).count();
    return now + memory_->secondsBefore();
  }

  /// Each round is a step; the evaluations at hand are those of the last.
  void addRounds(MergedRun& run) {
    run.step = rounds_->step;
    run.snapshot.meta["step"] = rounds_->step;
    run.snapshot.meta["examples"] = rounds_->examples;
    run.snapshot.meta["seconds"] = rounds_->seconds;
    const auto& last = rounds_->records.steps.back();
    for (auto& evaluation : run.records.evaluations) {
      evaluation.step = last.step;
      evaluation.epoch = last.epoch;
      evaluation.seconds = last.seconds;
    }
    auto all = rounds_->records;
    for (auto& evaluation : run.records.evaluations)
      all.evaluations.push_back(std::move(evaluation));
    all.events = std::move(run.records.events);
    run.records = std::move(all);
  }

  const MergeRequest& request_;
  json params_;
  const MergeProgress& progress_;
  Clock::time_point begun_ = Clock::now();
  MergeSource base_;
  std::optional<MergeMemory> memory_;
  std::optional<Alternated> rounds_;
  std::vector<MergeSource> experts_;
  std::optional<RunMerger> merger_;
  std::unique_ptr<train::Trainer> trainer_;
  MergeScores scores_;
  std::string further_;
  MergeOutcome outcome_;
};

}  // namespace

MergeOutcome mergeRuns(const MergeRequest& request, const MergeProgress& progress) {
  requireFreeFolder(request.out);
  const MergeProgress told = progress ? progress : [](const MergePart&) {};
  if (request.id == "logits_fusion") return fuseLogits(request, told);
  if (!request.small.empty()) fail("{}: has no small base; leave out --small", request.id);
  Merging merging(request, told);
  try {
    return merging.go();
  } catch (const std::exception&) {
    merging.forget();
    throw;
  }
}

}  // namespace eq::run
