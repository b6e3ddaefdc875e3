#include "core/run/merging/tensor_adam.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

namespace eq::run {

void TensorAdam::step(std::vector<at::Tensor>& values, const std::vector<at::Tensor>& gradients) {
  constexpr double kMean = 0.9, kSquare = 0.999, kEpsilon = 1e-8;
  ++steps_;
  const double mean = 1 - std::pow(kMean, steps_), square = 1 - std::pow(kSquare, steps_);
  for (size_t i = 0; i < values.size(); ++i) {
    if (means_.size() == i) {
      means_.push_back(at::zeros_like(gradients[i]));
      squares_.push_back(at::zeros_like(gradients[i]));
    }
    means_[i] = kMean * means_[i] + (1 - kMean) * gradients[i];
    squares_[i] = kSquare * squares_[i] + (1 - kSquare) * gradients[i].square();
    const auto direction = means_[i] / mean / ((squares_[i] / square).sqrt() + kEpsilon);
    values[i] = values[i] - (rate_ * direction).to(values[i].options());
  }
}

}  // namespace eq::run
