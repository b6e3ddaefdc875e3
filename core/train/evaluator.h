#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/problem.h"
#include "core/metric/classes/class_report.h"
#include "core/metric/classes/robust_accuracy.h"
#include "core/train/example_view.h"
#include "core/train/task_runtime.h"

namespace eq::train {

/// What all tasks' heads put out for a batch of inputs, without gradients and without dropout.
using Predict = std::function<std::vector<model::HeadOutput>(const at::Tensor& inputs)>;

/// What one task says of inputs of the split after an attack on them, as metrics read it.
/// \param first place of the inputs in the split.
using UnderAttack =
    std::function<at::Tensor(size_t task, const at::Tensor& inputs, const at::Tensor& target,
                             const metric::Attack& attack, std::int64_t first)>;

/// What some metrics need beside the split's own predictions; where it is not there they are
/// undefined.
struct Beside {
  UnderAttack underAttack = {};
  const data::Split* training = nullptr;  ///< what a linear probe is fitted on
};

/// Calls `visit` with chunks of up to 1,024 examples, the last of one more where it would be left
/// alone: their indices and what all tasks' heads put out.
void forEachChunk(const data::Split& split, const Predict& predict,
                  const std::function<void(const at::Tensor& rows,
                                           const std::vector<model::HeadOutput>& outputs)>& visit);

/// Beside the metrics of an evaluation: how many examples count and are predicted as no finite
/// number. Not there where it is 0; elsewhere the metrics of the prediction are undefined.
inline constexpr const char* kNonfiniteRows = "nonfinite_rows";

/// How many entries of each example count, [N].
at::Tensor countedEntries(const loss::Batch& batch);

/// What a split says of one task.
struct TaskEvaluation {
  std::map<std::string, double> metrics;      ///< by id, "loss" and kNonfiniteRows
  std::optional<metric::ClassReport> report;  ///< of classification, ordinal and binary tasks
};

/// Evaluates every task over a whole split, in chunks of up to 1,024 examples: counts and sums are
/// pooled over the chunks. "loss" is the split's own mean (SplitMean); of a loss over the batch it
/// is the mean of the chunks' values, each weighted by its number of valid examples.
/// A loss that is a sum over examples, or such a term of a sum of losses, adds up over the split.
/// Metrics are in the unit of the data, the loss in the one that is trained in.
/// NaN where a metric is undefined, also because the loss's prediction has no form that it reads.
std::vector<TaskEvaluation> evaluateTasks(const data::Split& split,
                                          const std::vector<TaskRuntime>& tasks,
                                          const std::vector<TaskSpec>& specs,
                                          const Predict& predict, const Beside& beside = {});

/// Where the examples of a split are, of one task. `step` is left to the caller.
/// \throws Error when the axis does not fit the task.
ExampleView viewExamples(const data::Split& split, const TaskRuntime& task,
                         const ExampleRequest& request, const Predict& predict);

}  // namespace eq::train
