#include "core/loss/first_found.h"

#include <ATen/TensorOperators.h>

#include "core/base/number_text.h"

namespace eq::loss {

std::string firstFound(const at::Tensor& numbers, const at::Tensor& wrong) {
  return numberText(numbers.masked_select(wrong)[0]);
}

std::string numberText(const at::Tensor& scalar) {
  return eq::numberText(scalar.item<double>());
}

}  // namespace eq::loss
