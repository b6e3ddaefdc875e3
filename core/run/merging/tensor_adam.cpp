#include "core/run/merging/tensor_adam.h"

#include <cmath>

#include <fmt/format.h>

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
    const auto& gradient = gradients[i];
    means_[i] = kMean * means_[i].to(gradient.options()) + (1 - kMean) * gradient;
    squares_[i] = kSquare * squares_[i].to(gradient.options()) + (1 - kSquare) * gradient.square();
    const auto direction = means_[i] / mean / ((squares_[i] / square).sqrt() + kEpsilon);
    values[i] = values[i] - (rate_ * direction).to(values[i].options());
  }
}

void TensorAdam::keepIn(train::Snapshot& state, const std::string& prefix) const {
  state.meta[prefix] = steps_;
  for (size_t i = 0; i < means_.size(); ++i) {
    state.tensors[fmt::format("{}.mean.{}", prefix, i)] = means_[i].to(at::kCPU);
    state.tensors[fmt::format("{}.square.{}", prefix, i)] = squares_[i].to(at::kCPU);
  }
}

void TensorAdam::restore(const train::Snapshot& state, const std::string& prefix) {
  steps_ = state.meta.at(prefix).get<int>();
  means_.clear();
  squares_.clear();
  for (size_t i = 0; state.tensors.contains(fmt::format("{}.mean.{}", prefix, i)); ++i) {
    means_.push_back(state.tensors.at(fmt::format("{}.mean.{}", prefix, i)));
    squares_.push_back(state.tensors.at(fmt::format("{}.square.{}", prefix, i)));
  }
}

}  // namespace eq::run
