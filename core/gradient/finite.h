#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::gradient {

/// Sets `flag`, a float scalar on the device, to 1 where a number in `values` is not finite; reads
/// nothing back. \param values without a graph, undefined ones among them; they stay as they are.
void markNonFinite(const std::vector<at::Tensor>& values, at::Tensor flag);

}  // namespace eq::gradient
