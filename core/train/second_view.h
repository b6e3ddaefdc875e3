#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "core/data/problem.h"

namespace eq::train {

/// Another view of every example: moved, with noise, with inputs dropped, each drawn anew for every
/// example. The same for the same seed and device.
/// \param inputs [N, features] or [N, channels, height, width].
at::Tensor secondView(const at::Tensor& inputs, const data::Augmentation& augmentation,
                      std::uint64_t seed);

}  // namespace eq::train
