#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/train/snapshot.h"

namespace eq::run {

/// Adam (0.9, 0.999) without decay, for a handful of small tensors that are no model's.
class TensorAdam {
 public:
  explicit TensorAdam(double rate) : rate_(rate) {}

  /// One step. \param gradients one a value; the same values in the same order every time.
  void step(std::vector<at::Tensor>& values, const std::vector<at::Tensor>& gradients);

  /// Its state under names that begin with `prefix`, and the way back.
  void keepIn(train::Snapshot& state, const std::string& prefix) const;
  void restore(const train::Snapshot& state, const std::string& prefix);

 private:
  double rate_;
  std::vector<at::Tensor> means_, squares_;
  int steps_ = 0;
};

}  // namespace eq::run
