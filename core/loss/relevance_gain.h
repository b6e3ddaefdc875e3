#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "core/base/parameter.h"

namespace eq::loss {

/// What a relevance is worth in NDCG.
enum class Gain {
  exponential,  ///< 2^rel - 1: grades, such as 0 to 4
  linear        ///< rel: counts and amounts
};

/// The largest relevance of an exponential gain: 2^1024 is no number of 64 bits.
inline constexpr double kLargestGrade = 1023;

/// The parameter `gain`, and what it says.
ParameterSpec gainParameter();
Gain gainOf(const Parameters& parameters);

/// Relevances at least 0 and, with the exponential gain, at most `kLargestGrade`.
/// \throws Error that names the linear gain.
void checkRelevances(const std::string& method, const at::Tensor& target, Gain gain);

}  // namespace eq::loss
