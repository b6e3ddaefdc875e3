#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/balance/two_slots.h"
#include "core/base/random.h"
#include "core/data/problem.h"
#include "core/gradient/engine.h"
#include "core/model/model.h"
#include "core/train/optimizer.h"
#include "core/train/pending_records.h"
#include "core/train/sampler.h"
#include "core/train/schedule.h"
#include "core/train/snapshot.h"
#include "core/train/task_runtime.h"
#include "core/train/trainer.h"

namespace eq::train {

/// All that a trainer is made of, in the order in which one part needs another.
class Trainer::State {
 public:
  State(Experiment given, data::Problem loaded, Purpose purpose);

  void update();
  void apply(const Command& given);
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);
  EvaluationRecord evaluate(SplitName split) const;
  at::Tensor predictions(size_t task, const at::Tensor& inputs) const;
  IntervalRecord intervals(SplitName split) const;
  ExampleView view(const ExampleRequest& request) const;
  std::vector<ExamplePicture> pictures(const std::vector<std::int64_t>& indices) const;
  std::vector<StepRecord> takeRecords();
  /// \throws Error (failure) when the run has not moved for many steps.
  void requireProgress() const;

  std::int64_t totalSteps() const {
    const auto exact = experiment.epochs * static_cast<double>(sampler->stepsPerEpoch());
    return std::max<std::int64_t>(1, std::llround(exact));
  }

  Experiment experiment;
  at::Device device;
  data::Problem problem;
  std::vector<TaskRuntime> tasks;
  std::unique_ptr<model::Model> model;
  std::unique_ptr<gradient::Engine> engine;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Schedule> schedule;
  std::unique_ptr<balance::TwoSlots> balancer;
  std::unique_ptr<Sampler> sampler;
  std::vector<char> frozen;
  PendingRecords pending;
  std::vector<EventRecord> events;
  std::int64_t steps = 0;
  std::int64_t examples = 0;
  double seconds = 0;

 private:
  /// Gramians of one step, each measured at most once.
  struct Measured {
    std::optional<Eigen::MatrixXd> exact, representation;
    /// The active tasks whose gradient is known not to be finite.
    std::vector<size_t> nonFinite(const std::vector<char>& active) const;
  };

  const data::Split& splitOf(SplitName name) const;
  /// Of all tasks, without dropout. Second views are the same at every call.
  std::vector<model::HeadOutput> predict(const at::Tensor& inputs) const;
  /// The inputs, followed by second views of them if `views`.
  at::Tensor withViews(const at::Tensor& inputs, bool views, std::uint64_t seed) const;
  std::uint64_t seedOfViews() const { return deriveSeed(experiment.seed, "evaluated views"); }
  double epochs() const {
    return static_cast<double>(examples) / static_cast<double>(problem.train.size());
  }
  bool isSampled() const {
    return experiment.conflict.every > 0 && steps % experiment.conflict.every == 0;
  }
  bool needsExactGramian() const {
    const auto needs = balancer->needs();
    return ((needs.gramian || needs.rowNorms) && !needs.representation) ||
           (isSampled() && experiment.conflict.source == "exact");
  }
  std::vector<char> activeTasks() const;
  /// \param terms [task] is given the parts of the losses that have some.
  gradient::Forward forward(const at::Tensor& rows, const std::vector<char>& active,
                            std::vector<std::vector<at::Tensor>>& terms) const;
  const Eigen::MatrixXd& gramian(const gradient::Forward& pass, bool representation,
                                 Measured& measured) const;
  balance::Weights weigh(const gradient::Forward& pass, const at::Tensor& losses,
                         Measured& measured);
  void probe(const model::Model& network, const TaskRuntime& task, size_t k) const;
  void setLoss(const Command& command);
  /// Another head for a task, as its loss reads it. Everything else stays as it was; the head
  /// keeps its hidden layers, and its part of the optimizer begins anew.
  void changeHead(size_t k, const TaskRuntime& changed);
  void watch(const TakenRecords& taken);
  void report(const NonFinite& found);
  void note(std::int64_t step, std::string kind, std::string text, nlohmann::json detail);
  /// `data::fingerprint`, computed once.
  const nlohmann::json& fingerprint() const;

  /// Per task: whether its newest loss and, as far as known, gradient were finite; then whether the
  /// newest gradient of all was.
  std::vector<char> finite_;
  std::int64_t skipped_ = 0;  ///< steps in a row without an update
  mutable nlohmann::json fingerprint_;
};

}  // namespace eq::train
