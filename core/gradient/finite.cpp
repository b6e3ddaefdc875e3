#include "core/gradient/finite.h"

#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/ones_like.h>

namespace eq::gradient {

void markNonFinite(const std::vector<at::Tensor>& values, at::Tensor flag) {
  std::vector<at::Tensor> dense;
  for (const auto& tensor : values)
    if (tensor.defined()) dense.push_back(tensor.contiguous());
  // One kernel for all of them; it multiplies by 1.
  at::_amp_foreach_non_finite_check_and_unscale_(dense, flag, at::ones_like(flag));
}

}  // namespace eq::gradient
