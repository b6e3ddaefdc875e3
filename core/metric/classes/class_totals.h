#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "core/metric/classes/bin_sums.h"
#include "core/metric/classes/class_report.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Pools the batches of a split into a ClassReport. Batches as `accuracy` takes them, but without
/// labels [N, L]: logits [N, C] with class indices, or logits [N] with 0/1.
class ClassTotals {
 public:
  /// Adds one batch, on its device, without reading anything back.
  void add(const Batch& batch);

  bool empty() const { return classes_ == 0; }
  /// Reads the device once. \pre not empty().
  ClassReport report() const;

 private:
  std::int64_t classes_ = 0;
  at::Tensor confusion_;  ///< [C * C] int64; undefined above kMostConfusionClasses
  BinSums bins_{kReliabilityBins};
};

}  // namespace eq::metric
