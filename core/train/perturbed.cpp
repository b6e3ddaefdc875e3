#include "core/train/perturbed.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

namespace eq::train {

Perturbed::Perturbed(model::Model& network, const at::Tensor& offset)
    : values_(network.parameters().values()), before_(values_.clone()) {
  const at::NoGradGuard noGradients;
  values_.add_(offset);
}

Perturbed::~Perturbed() {
  const at::NoGradGuard noGradients;
  values_.copy_(before_);
}

}  // namespace eq::train
