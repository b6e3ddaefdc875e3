#include "core/model/convolution.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "core/model/seen_patches.h"

namespace eq::model {
namespace {

// Measured on two cores with the residual network, K = 2 to 40.
/// Numbers that a filter sees up to which one product with all patches finds its gradients.
constexpr std::int64_t kFewSeen = 64;
/// Tasks that one call takes for further filters of the same input.
constexpr std::int64_t kTasksTogether = 4;

}  // namespace

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
  const bool product = weight.size(2) == 1 || weight[0].numel() <= kFewSeen;
  if (bias_) descent.sink.formed(*bias_, outputs.flatten(3).sum({1, 3}));
  descent.sink.formed(weight_, product ? weightsByProduct(outputs, input, weight)
                                       : weightsOfFilters(outputs, input, weight));
  if (!further) return {};
  return weight.size(2) == 1 && padding_ == 0 ? inputsOfPoints(outputs, input, weight)
                                              : inputsOfFilters(outputs, input, weight);
}

at::Tensor Convolution::weightsByProduct(const at::Tensor& outputs, const at::Tensor& input,
                                         const at::Tensor& weight) const {
  const auto padded = at::constant_pad_nd(input, {padding_, padding_, padding_, padding_});
  const auto patches = seenPatches(padded, weight.size(2), stride_);
  const auto rows = outputs.transpose(1, 2).reshape({-1, patches.size(1)});
  return rows.mm(patches.t()).view({outputs.size(0), -1});
}

at::Tensor Convolution::weightsOfFilters(const at::Tensor& outputs, const at::Tensor& input,
                                         const at::Tensor& weight) const {
  const auto tasks = outputs.size(0);
  auto weights = at::empty({tasks, weight.numel()}, weight.options());
  for (std::int64_t first = 0; first < tasks; first += kTasksTogether) {
    const auto count = std::min(kTasksTogether, tasks - first);
    auto shape = weight.sizes().vec();
    shape[0] *= count;
    const auto filters = outputs.narrow(0, first, count)
                             .transpose(0, 1)
                             .reshape({input.size(0), shape[0], outputs.size(3), outputs.size(4)});
    const auto found =
        std::get<1>(backward(filters, input, shapeOnly(weight, shape), {false, true}));
    weights.narrow(0, first, count).copy_(found.reshape({count, -1}));
  }
  return weights;
}

at::Tensor Convolution::inputsOfPoints(const at::Tensor& outputs, const at::Tensor& input,
                                       const at::Tensor& weight) const {
  const auto tasks = outputs.size(0), rows = input.size(2), columns = input.size(3);
  const auto seen =
      at::matmul(weight.flatten(1).t(), outputs.flatten(0, 1).flatten(2))
          .view({tasks, input.size(0), input.size(1), outputs.size(3), outputs.size(4)});
  if (stride_ == 1) return seen;
  auto inputs = at::zeros({tasks, input.size(0), input.size(1), rows, columns}, input.options());
  inputs.slice(3, 0, rows, stride_).slice(4, 0, columns, stride_).copy_(seen);
  return inputs;
}

at::Tensor Convolution::inputsOfFilters(const at::Tensor& outputs, const at::Tensor& input,
                                        const at::Tensor& weight) const {
  auto shape = input.sizes().vec();
  shape.insert(shape.begin(), outputs.size(0));
  auto inputs = at::empty(shape, input.options());
  for (std::int64_t k = 0; k < outputs.size(0); ++k)
    inputs[k].copy_(std::get<0>(backward(outputs[k], input, weight, {true, false})));
  return inputs;
}

std::tuple<at::Tensor, at::Tensor> Convolution::backward(const at::Tensor& outputs,
                                                         const at::Tensor& input,
                                                         const at::Tensor& weight,
                                                         std::array<bool, 2> wanted) const {
  auto [inputs, weights, biases] = at::convolution_backward(
      outputs, input, weight, at::OptionalIntArrayRef(), {stride_, stride_}, {padding_, padding_},
      {1, 1}, false, {0, 0}, 1, {wanted[0], wanted[1], false});
  return {std::move(inputs), std::move(weights)};
}

}  // namespace eq::model
