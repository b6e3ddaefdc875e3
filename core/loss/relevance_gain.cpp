#include "core/loss/relevance_gain.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"

namespace eq::loss {

ParameterSpec gainParameter() {
  return ParameterSpec::choice("gain", "exponential", {"exponential", "linear"},
                               "What a relevance is worth: 2^rel − 1, for grades up to 1,023, or "
                               "rel itself, for counts and amounts");
}

Gain gainOf(const Parameters& parameters) {
  return parameters.text("gain") == "linear" ? Gain::linear : Gain::exponential;
}

void checkRelevances(const std::string& method, const at::Tensor& target, Gain gain) {
  if ((target < 0).any().item<bool>())
    fail("{}.target: relevances must be at least 0, found {}", method, target.min().item<double>());
  if (gain == Gain::exponential && (target > kLargestGrade).any().item<bool>())
    fail(
        "{}.target: with the exponential gain 2^rel − 1 relevances must be at most {}, found {}; "
        "for counts or amounts set the parameter \"gain\" to \"linear\"",
        method, kLargestGrade, target.max().item<double>());
}

}  // namespace eq::loss
