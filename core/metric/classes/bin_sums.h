#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/metric/classes/class_report.h"
#include "core/metric/decisions.h"

namespace eq::metric {

/// Whether the decision is the target, bool [M].
at::Tensor isRight(const ClassLogits& rows);

/// What was claimed how confidently, and whether it came true.
struct Confidences {
  at::Tensor confidence, right;  ///< [M, columns]
  at::Tensor valid;              ///< [M]
};
/// One column: the probability of the predicted class, and whether it is the target.
Confidences ofDecisions(const ClassLogits& rows);
/// A column a class: its probability, and whether it is the target.
Confidences ofClasses(const ClassLogits& rows);

/// Sums over bins of equal width over [0, 1], closed above, for one or more columns: how many, of
/// confidence, how many right. They stay on the batches' device.
class BinSums {
 public:
  explicit BinSums(std::int64_t bins) : bins_(bins) {}

  void add(const Confidences& rows);

  /// [3, columns * bins] in double; undefined before the first batch.
  const at::Tensor& sums() const { return sums_; }
  /// A list of bins a column; reads the device.
  std::vector<std::vector<ReliabilityBin>> columns() const;

 private:
  std::int64_t bins_;
  at::Tensor sums_;
};

/// Bins out of host memory: `stride` lies between the counts, the confidences and the right ones.
std::vector<ReliabilityBin> binsOf(const double* counts, std::int64_t bins, std::int64_t stride);

}  // namespace eq::metric
