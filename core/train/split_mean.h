#pragma once

#include <ATen/core/Tensor.h>

#include "core/loss/loss.h"

namespace eq::train {

/// The mean loss of a split from the values of its chunks. Where the loss is a mean over examples,
/// over the entries that count or over examples by weights, it is that mean of the whole split,
/// however it was cut; which of them it is shows in the chunks, so that no loss has to say. What a
/// loss over the batch says depends on the batch: the chunks' values
/// are averaged by their numbers of examples.
class SplitMean {
 public:
  /// \param found with `perSample` where the loss has it. \param counted [N], how many entries of
  /// each example count; 0: the example does not.
  void add(const loss::Value& found, const at::Tensor& counted);

  /// Reads the device. NaN where nothing counts.
  double value() const;

 private:
  /// Sums over the chunks, in double on the device; undefined before the first.
  struct Sums {
    at::Tensor examples, values;   ///< that count; the chunks' values by their examples
    at::Tensor samples, divisors;  ///< of `perSample`; what each chunk divided them by
    at::Tensor entries, parts;     ///< that count; `perSample` by the entries of each
  };
  void addSamples(const at::Tensor& value, const at::Tensor& samples, const at::Tensor& counted);

  Sums sums_;
  at::Tensor only_;  ///< the value of a single chunk
  std::int64_t chunks_ = 0;
  bool hasSamples_ = true;
  at::Tensor offExamples_, offEntries_;  ///< largest relative distance of a chunk's value from the
                                         ///< mean over its examples, over its entries
};

}  // namespace eq::train
