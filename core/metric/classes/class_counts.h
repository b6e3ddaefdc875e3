#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Pooled counts a class (class indices), of the positive class (logits [N]) or a label (logits [N,
/// L]).
class ClassCounts {
 public:
  void add(const Batch& batch);

  struct Counts {
    double truePositive = 0, falsePositive = 0, falseNegative = 0;
    double support() const { return truePositive + falseNegative; }
    double total() const { return truePositive + falsePositive + falseNegative; }
    Counts& operator+=(const Counts& other);
  };
  /// One entry a class; reads the device.
  std::vector<Counts> counts() const;

 private:
  at::Tensor sums_;  ///< [3, C] int64: true positives, false positives, false negatives
};

CatalogRow<Metric> precisionRow();
CatalogRow<Metric> recallRow();
CatalogRow<Metric> f1Row();

}  // namespace eq::metric
