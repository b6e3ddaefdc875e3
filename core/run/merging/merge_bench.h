#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/run/merging/merge_plan.h"
#include "core/train/records.h"
#include "core/train/trainer.h"

namespace eq::run {

/// A task's main metric, or its loss; none where it is undefined.
using TaskValues = std::vector<std::optional<double>>;

/// Of the splits that a report tells of. Whatever is chosen or learned sees `validation` alone.
struct SplitValues {
  TaskValues validation, test;
};

/// A trainer that stands where the base stood and trains nothing: it gets one set of parameters
/// after the other and evaluates them.
class MergeBench {
 public:
  /// \param at with the experiment in force; its optimizer and balancer are not taken along.
  explicit MergeBench(const train::Trainer& at);

  /// What the run begins with: these parameters, a fresh optimizer and balancer, and sampler,
  /// random streams and counters of `at`. \throws Error when a parameter is missing.
  train::Snapshot beginning(const ParameterMap& parameters) const;

  train::EvaluationRecord evaluate(const ParameterMap& parameters, train::SplitName split);
  TaskValues values(const ParameterMap& parameters,
                    train::SplitName split = train::SplitName::validation);

  /// The parameters of the model that are not in `given` in the model's shape.
  std::vector<std::string> missing(const ParameterMap& given) const;

  const train::Trainer& trainer() const { return *trainer_; }
  /// Events of the newest evaluation.
  std::vector<train::EventRecord> takeEvents() { return trainer_->takeEvents(); }

 private:
  std::unique_ptr<train::Trainer> trainer_;
  train::Snapshot fresh_;
};

/// Of what an evaluation says of every task, by `mainMetrics`.
TaskValues mainValues(const train::Experiment& experiment,
                      const std::vector<std::map<std::string, double>>& tasks);

/// A run's own values beside those of the plan's losses: a loss is compared with the same loss
/// alone.
TaskValues comparable(TaskValues values, const MergePlan& plan, const train::Experiment& own);

/// A trainer's own.
SplitValues valuesOf(train::Trainer& trainer);

/// An expert's own values: with its trunk, heads and losses. None of a task whose head it does not
/// have. \param bench of the merge, whose data and tasks they are.
SplitValues expertValues(const MergeBench& bench, const MergeSource& base,
                         const MergeSource& expert);

}  // namespace eq::run
