#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/problem.h"
#include "core/train/task_runtime.h"

namespace eq::train {

/// Predictions of all tasks for a batch of inputs, without gradients and without dropout.
using Predict = std::function<std::vector<at::Tensor>(const at::Tensor& inputs)>;

/// Metrics of every task over a whole split, in chunks of up to 1,024 examples: counts and sums are
/// pooled over the chunks. "loss" is the mean of the chunks' loss values, each weighted by its
/// number of valid examples; for a loss that is a mean over examples that is the split's own mean.
/// NaN where a metric is undefined.
std::vector<std::map<std::string, double>> evaluateTasks(const data::Split& split,
                                                         const std::vector<TaskRuntime>& tasks,
                                                         const std::vector<TaskSpec>& specs,
                                                         const Predict& predict);

}  // namespace eq::train
