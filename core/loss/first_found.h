#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace eq::loss {

/// The first number that a message names, as `numberText` spells it. \param wrong bool, of the
/// shape of `numbers`, true somewhere.
std::string firstFound(const at::Tensor& numbers, const at::Tensor& wrong);

/// A scalar in the same spelling.
std::string numberText(const at::Tensor& scalar);

}  // namespace eq::loss
