#pragma once

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

namespace eq::run {

/// A mask of 0 and 1 as U8, eight entries a byte, the first in the lowest bit.
at::Tensor bitsOf(const Eigen::VectorXd& mask);

}  // namespace eq::run
