#include "core/model/convolution.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>

namespace eq::model {

at::Tensor Convolution::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                                const Pass& pass, Trace* trace) const {
  if (trace) trace->kept = {input.detach()};
  const auto& weight = parameters.tensor(weight_);
  const auto bias = bias_ ? parameters.tensor(*bias_) : at::Tensor();
  auto map = at::conv2d(input, weight, bias, {stride_, stride_}, {padding_, padding_});
  if (pass.multiplyAdds) *pass.multiplyAdds += map.numel() * weight[0].numel();
  return map;
}

at::Tensor Convolution::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                             bool further) const {
  const auto& input = trace.kept[0];
  const auto weight = descent.parameters.tensor(weight_).detach();
  const auto tasks = outputs.size(0);
  if (bias_) descent.sink.formed(*bias_, outputs.flatten(3).sum({1, 3}));
  auto weights = at::empty({tasks, weight.numel()}, weight.options());
  auto shape = input.sizes().vec();
  shape.insert(shape.begin(), tasks);
  const auto below = further ? at::empty(shape, input.options()) : at::Tensor();
  for (std::int64_t k = 0; k < tasks; ++k) {
    const auto [inputs, own, biases] = at::convolution_backward(
        outputs[k], input, weight, at::OptionalIntArrayRef(), {stride_, stride_},
        {padding_, padding_}, {1, 1}, false, {0, 0}, 1, {further, true, false});
    weights[k].copy_(own.flatten());
    if (further) below[k].copy_(inputs);
  }
  descent.sink.formed(weight_, weights);
  return below;
}

}  // namespace eq::model
