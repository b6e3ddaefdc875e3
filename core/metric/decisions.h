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
  at::Tensor valid;      ///< bool
};

/// Logits [N, C] with indices [N], or logits with 0/1 of the same shape and an optional `mask`.
Decisions decide(const Batch& batch);

/// Whether the batch holds class indices (one target a row of logits) rather than 0/1 in the
/// logits' shape.
bool hasClassIndices(const Batch& batch);

/// The checks that all class metrics share. \param metric id, for the message.
void checkClasses(const Batch& batch, const std::string& metric);

}  // namespace eq::metric
