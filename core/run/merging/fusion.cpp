#include "core/run/merging/fusion.h"

#include <array>
#include <chrono>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/merge/catalog.h"
#include "core/run/atomic_file.h"
#include "core/run/merging/class_logits.h"
#include "core/run/merging/merge_folder.h"
#include "core/run/merging/merge_probes.h"
#include "core/run/runner_state.h"
#include "core/train/trainer.h"

namespace eq::run {
namespace {

using nlohmann::json;
using FusionClock = std::chrono::steady_clock;
using Probe = std::unique_ptr<train::ParameterProbe>;

constexpr std::array kSplits{train::SplitName::validation, train::SplitName::test};

/// A run's own network, which may be another than the base's, on the base's data.
Probe probeOfRun(const train::Experiment& base, const MergeSource& source, const Probe& data) {
  auto experiment = base;
  experiment.model = source.experiment.model;
  for (auto& task : experiment.tasks)
    for (const auto& own : source.experiment.tasks)
      if (own.name == task.name) task.loss = own.loss;
  auto probe = data ? std::make_unique<train::ParameterProbe>(experiment, *data)
                    : std::make_unique<train::ParameterProbe>(experiment);
  probe->set(parametersOf(source));
  return probe;
}

class Fusion {
 public:
  Fusion(const MergeRequest& request, const MergeProgress& progress)
      : request_(request),
        params_(request.params.is_null() ? json::object() : request.params),
        progress_(progress),
        base_(readMergeSource(request.base)),
        small_(readMergeSource(request.small)) {
    method_ = merge::createMerge(request.id, params_);
    for (const auto& one : request.runs) experts_.push_back(readMergeSource(one));
    experiment_ = base_.experiment;
    if (!request.device.empty()) experiment_.device = request.device;
    train::useThreads(experiment_.threads);
    plan_ = planMerge(base_, experts_, {"head."});
  }

  MergeOutcome go() {
    progress_({"the base"});
    large_ = probeOfRun(experiment_, base_, nullptr);
    smallProbe_ = probeOfRun(experiment_, small_, large_);
    for (size_t k = 0; k < experts_.size(); ++k) {
      progress_({placeOfRun(experts_, k)});
      probes_.push_back(probeOfRun(experiment_, experts_[k], large_));
    }
    for (const auto split : kSplits) scores(split) = judged(split);
    if (alphas_.empty())
      fail("logits_fusion: no run trains a task with classes, whose logits are fused");
    outcome_.warnings = plan_.warnings;
    return write();
  }

 private:
  std::vector<TaskScore>& scores(train::SplitName split) {
    return split == train::SplitName::validation ? scores_.validation : scores_.test;
  }

  std::vector<TaskScore> judged(train::SplitName split) {
    std::vector<TaskValues> experts;
    for (const auto& probe : probes_) experts.push_back(own(*probe, split));
    auto all = scoresOf(plan_, own(*large_, split), experts);
    for (size_t t = 0; t < all.size(); ++t)
      all[t].merged = fuses(t) ? valueOf(*large_, t, split, fused(t, split)) : all[t].base;
    return all;
  }

  bool fuses(size_t task) const {
    return plan_.heads[task] && hasClasses(large_->tasks()[task].kind);
  }

  TaskValues own(const train::ParameterProbe& probe, train::SplitName split) const {
    TaskValues values;
    for (size_t t = 0; t < plan_.heads.size(); ++t)
      values.push_back(valueOf(probe, t, split, probe.predictions(t, split)));
    return values;
  }

  std::optional<double> valueOf(const train::ParameterProbe& probe, size_t task,
                                train::SplitName split, const at::Tensor& predictions) const {
    std::vector<std::map<std::string, double>> tasks(plan_.heads.size());
    tasks[task] = probe.metrics(task, split, predictions);
    return mainValues(plan_.experiment, tasks).at(task);
  }

  /// By the calculation, as predictions of the task's form.
  at::Tensor fused(size_t task, train::SplitName split) {
    constexpr std::int64_t kChunk = 1024;
    const auto predictions = large_->predictions(task, split);
    const auto large = classLogits(predictions).split(kChunk);
    const auto small = classLogits(smallProbe_->predictions(task, split)).split(kChunk);
    std::vector<std::vector<at::Tensor>> experts;
    for (size_t k = 0; k < experts_.size(); ++k)
      if (trainedBy(experts_[k], plan_.experiment)[task])
        experts.push_back(classLogits(probes_[k]->predictions(task, split)).split(kChunk));
    std::vector<at::Tensor> logs, alphas;
    for (size_t i = 0; i < large.size(); ++i) {
      progress_({"fusing: part", static_cast<std::int64_t>(i) + 1, std::ssize(large)});
      json input{{"large", matrixAsJson(large[i])}, {"small", matrixAsJson(small[i])}};
      for (const auto& expert : experts) input["experts"].push_back(matrixAsJson(expert[i]));
      const auto answer = method_->compute(input, request_.seed);
      logs.push_back(matrixFrom(answer.at("probabilities")).clamp_min(1e-300).log());
      alphas.push_back(matrixFrom(answer.at("alpha")));
    }
    if (split == train::SplitName::validation)
      alphas_[plan_.experiment.tasks[task].name] = meansOf(at::cat(alphas));
    const auto logits = at::cat(logs);
    return predictions.dim() == 1 ? logits.select(1, 1) - logits.select(1, 0) : logits;
  }

  static json meansOf(const at::Tensor& alphas) {
    const auto means = alphas.mean(0).contiguous();
    const auto* first = means.const_data_ptr<double>();
    return std::vector<double>(first, first + means.numel());
  }

  MergeOutcome write() {
    auto& report = outcome_.report;
    report = {{"id", request_.id},
              {"params", params_},
              {"base", request_.base},
              {"small", request_.small},
              {"runs", request_.runs},
              {"seed", request_.seed},
              {"lambda", nullptr},
              {"coefficients", nullptr},
              {"fields", {{"mean_alpha", alphas_}}},
              {"data", "none"},
              {"tasks", tasksAsJson(scores_, request_.runs)},
              {"mean", meanAsJson(scores_)},
              {"warnings", outcome_.warnings}};
    report["seconds"] = std::chrono::duration<double>(FusionClock::now() - begun_).count();
    makeFolders(request_.out);
    orRemove(request_.out,
             [&] { writeAtomically(request_.out / "merge.json", jsonText(report, 2) + "\n"); });
    return std::move(outcome_);
  }

  const MergeRequest& request_;
  json params_;
  const MergeProgress& progress_;
  FusionClock::time_point begun_ = FusionClock::now();
  MergeSource base_, small_;
  std::vector<MergeSource> experts_;
  std::unique_ptr<merge::MergeMethod> method_;
  train::Experiment experiment_;
  MergePlan plan_;
  Probe large_, smallProbe_;
  std::vector<Probe> probes_;
  MergeScores scores_;
  json alphas_ = json::object();
  MergeOutcome outcome_;
};

}  // namespace

MergeOutcome fuseLogits(const MergeRequest& request, const MergeProgress& progress) {
  if (request.runs.empty()) fail("--runs: at least one run is needed, found none");
  if (request.small.empty())
    fail("logits_fusion: --small names the small base that the runs were trained from");
  return Fusion(request, progress).go();
}

}  // namespace eq::run
