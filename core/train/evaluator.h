#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/problem.h"
#include "core/train/example_view.h"
#include "core/train/task_runtime.h"

namespace eq::train {

/// Predictions of all tasks for a batch of inputs, without gradients and without dropout.
using Predict = std::function<std::vector<at::Tensor>(const at::Tensor& inputs)>;

/// Calls `visit` with chunks of up to 1,024 examples: their indices and the predictions of all
/// tasks.
void forEachChunk(const data::Split& split, const Predict& predict,
                  const std::function<void(const at::Tensor& rows,
                                           const std::vector<at::Tensor>& predictions)>& visit);

/// Metrics of every task over a whole split, in chunks of up to 1,024 examples: counts and sums are
/// pooled over the chunks. "loss" is the mean of the chunks' loss values, each weighted by its
/// number of valid examples; for a loss that is a mean over examples that is the split's own mean.
/// NaN where a metric is undefined.
std::vector<std::map<std::string, double>> evaluateTasks(const data::Split& split,
                                                         const std::vector<TaskRuntime>& tasks,
                                                         const std::vector<TaskSpec>& specs,
                                                         const Predict& predict);

/// Where the examples of a split are, of one task. `step` is left to the caller.
/// \throws Error when the axis does not fit the task.
ExampleView viewExamples(const data::Split& split, const TaskRuntime& task,
                         const ExampleRequest& request, const Predict& predict);

}  // namespace eq::train
