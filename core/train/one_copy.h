#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

namespace eq::train {

/// Numbers of several tensors in one copy from the device: every read of its own would wait for it.
class OneCopy {
 public:
  /// Where a tensor's numbers lie in the copy.
  struct Place {
    Eigen::Index first = 0, count = 0;
  };

  /// \param numbers undefined: no numbers, of which `vector` is empty.
  Place add(const at::Tensor& numbers);
  /// Waits for the device, once.
  void take();

  /// In double; row by row where the tensor was a matrix. \pre `take` was called.
  Eigen::VectorXd vector(Place place) const { return values_.segment(place.first, place.count); }
  /// Of a square matrix.
  Eigen::MatrixXd matrix(Place place) const;

 private:
  std::vector<at::Tensor> parts_;
  Eigen::Index size_ = 0;
  Eigen::VectorXd values_;
};

}  // namespace eq::train
