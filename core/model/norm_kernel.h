#pragma once

#include "core/model/norm_gradients.h"

namespace eq::model {

/// Whether the kernel knows the device and the type of the numbers.
bool hasNormKernel(const at::Tensor& numbers);

/// `normGradients` on CPUs, each number read and written once.
NormGradients normKernel(const Normed& normed, const at::Tensor& outputs, bool further);

}  // namespace eq::model
