#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/metric/metric.h"

namespace eq::metric {

/// Prediction and target as [N, D] in double on the batch's device, with 0 in both where the mask
/// is 0.
struct NumberPairs {
  at::Tensor prediction, target;
  at::Tensor valid;  ///< bool
};

NumberPairs numberPairs(const Batch& batch);

/// Prediction and target [N] or [N, D] of numbers, optional mask of the same shape.
void checkNumberPairs(const Batch& batch, const std::string& metric);

/// Means and centred sums of both sides, pooled over batches by Chan's update, so that a large
/// offset costs no digits.
class PairMoments {
 public:
  void add(const NumberPairs& pairs);

  struct Output {
    double count = 0, meanPrediction = 0, meanTarget = 0;
    double squaresPrediction = 0, squaresTarget = 0, products = 0;  ///< Σ of centred ones
    bool constantPrediction = true, constantTarget = true;          ///< one value throughout
  };
  /// One entry an output D; reads the device.
  std::vector<Output> outputs() const;

 private:
  at::Tensor moments_;           ///< [6, D]: count, two means, three centred sums
  at::Tensor lowest_, highest_;  ///< [2, D]: of prediction and target
};

}  // namespace eq::metric
