#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/train/evaluator.h"

namespace eq::train {

/// The batch as metrics of embeddings read it: the features of the task's head as its prediction,
/// where the head tells them.
loss::Batch embedded(loss::Batch batch);

/// What metrics that are fitted on training examples read beside those of the split: `training`,
/// embeddings [M, D], and `training_target` [M].
using TrainingFields = std::map<std::string, at::Tensor>;

/// One a task; empty where it has no such metric. Predicts all training examples where any has.
std::vector<TrainingFields> trainingFields(const data::Split& training,
                                           const std::vector<TaskRuntime>& tasks,
                                           const std::vector<TaskSpec>& specs,
                                           const Predict& predict);

}  // namespace eq::train
