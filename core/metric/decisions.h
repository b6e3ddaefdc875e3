#pragma once

#include <ATen/core/Tensor.h>

#include "core/metric/metric.h"

namespace eq::metric {

/// Target of an entry that does not count.
inline constexpr std::int64_t kIgnored = -100;

/// Hard decisions of a class metric, flat over the entries.
struct Decisions {
  at::Tensor predicted;  ///< int64 class, or 0/1
  at::Tensor target;     ///< int64, in the same order
  at::Tensor valid;      ///< bool; false also where the prediction is not finite
};

/// Logits [N, C] with indices [N], or logits with 0/1 of the same shape; an optional `mask` of the
/// target's shape.
Decisions decide(const Batch& batch);

/// Whether the batch holds class indices (one target a row of logits) rather than 0/1 in the
/// logits' shape.
bool hasClassIndices(const Batch& batch);

/// Logits of classes [M, C] in double beside their decisions. Where the target is 0/1, each logit x
/// stands for the two logits [0, x].
struct ClassLogits {
  at::Tensor logits;
  Decisions decisions;
};
ClassLogits classLogits(const Batch& batch);

/// Softmax of the logits, [M, C], in which probabilities that are equal in exact arithmetic (of
/// permuted or shifted logits) come out equal, so that sorting sees their ties.
at::Tensor probabilities(const ClassLogits& rows);

/// Bool [M, C]: whether the row's target is the class.
at::Tensor classMembers(const ClassLogits& rows);

/// How often each class occurs among the chosen entries, int64 [count].
at::Tensor countClasses(const at::Tensor& classes, const at::Tensor& chosen, std::int64_t count);

/// The checks that all class metrics share. \param metric id, for the message.
void checkClasses(const Batch& batch, const std::string& metric);

/// The same for metrics of one score an example.
void checkScores(const Batch& batch, const std::string& metric);

}  // namespace eq::metric
