#include "core/train/one_copy.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

namespace eq::train {

OneCopy::Place OneCopy::add(const at::Tensor& numbers) {
  if (!numbers.defined()) return {};
  const Place place{size_, numbers.numel()};
  parts_.push_back(numbers.detach().flatten().to(at::kDouble));
  size_ += place.count;
  return place;
}

void OneCopy::take() {
  if (parts_.empty()) return;
  const auto host = (parts_.size() == 1 ? parts_[0] : at::cat(parts_)).cpu().contiguous();
  values_ = Eigen::Map<const Eigen::VectorXd>(host.const_data_ptr<double>(), host.numel());
}

Eigen::MatrixXd OneCopy::matrix(Place place) const {
  const auto size = static_cast<Eigen::Index>(std::llround(std::sqrt(place.count)));
  return vector(place).reshaped<Eigen::RowMajor>(size, size);
}

}  // namespace eq::train
