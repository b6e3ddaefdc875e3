#pragma once

#include <ATen/core/Tensor.h>

#include "core/base/task.h"
#include "core/loss/loss.h"

namespace eq::train {

/// What metrics decide of a batch, an example a row.
struct RowDecisions {
  at::Tensor predicted;  ///< int64 [N, labels or pixels]; one column of a class
  at::Tensor target;     ///< int64, likewise
  at::Tensor valid;      ///< bool, likewise: it counts, and the prediction is finite
};

/// \param decoded logits of a task that is decided: all kinds but numbers.
RowDecisions decideRows(const loss::Batch& decoded, TaskKind kind);

/// Softmax of [N, C] logits, or the sigmoid of others, in double.
at::Tensor probabilitiesOf(const at::Tensor& logits, TaskKind kind);

/// What stands in for a loss that has no value an example, [N]: 1 − probability of the true class;
/// of labels the mean of the same, of pixels the share of wrong ones, of numbers the mean absolute
/// error in their unit. Over what counts; NaN where nothing does.
at::Tensor errorsOf(const loss::Batch& decoded, TaskKind kind);
/// Its name: "share of wrong pixels".
const char* nameOfErrors(TaskKind kind);

/// The target as double [N, ...] flat an example, NaN where it does not count.
at::Tensor targetRows(const loss::Batch& decoded);

}  // namespace eq::train
