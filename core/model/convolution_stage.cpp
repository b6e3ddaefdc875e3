#include "core/model/convolution_stage.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/zeros.h>

#include "core/model/maxima_kernel.h"
#include "core/model/pool_maxima.h"
#include "core/model/seen_patches.h"

namespace eq::model {
namespace {

// What a trace keeps.
constexpr size_t kInput = 0, kPooled = 1, kIndices = 2, kMap = 3;

bool hasKernel(const at::Tensor& numbers) {
  return numbers.is_cpu() &&
         (numbers.scalar_type() == at::kFloat || numbers.scalar_type() == at::kDouble);
}

}  // namespace

at::Tensor ConvolutionStage::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                                     const Pass& pass, Trace* trace) const {
  const auto& weight = parameters.tensor(weight_);
  const auto map =
      at::conv2d(input, weight, parameters.tensor(bias_), {1, 1}, {padding_, padding_});
  if (pass.multiplyAdds) *pass.multiplyAdds += map.numel() * weight[0].numel();
  if (!trace) return at::max_pool2d(at::relu(map), {pool_, pool_});
  trace->elements = map.numel();
  const bool graph = map.requires_grad();
  auto [pooled, indices] = !graph && hasKernel(map)
                               ? poolMaxima(map, pool_)
                               : at::max_pool2d_with_indices(at::relu(map), {pool_, pool_});
  trace->kept = {input.detach(), pooled.detach(), indices, shapeOnly(map.detach(), map.sizes())};
  return pooled;
}

at::Tensor ConvolutionStage::back(const Trace& trace, const at::Tensor& outputs,
                                  const Descent& descent, bool further) const {
  return descent.kernels && hasKernel(outputs) ? backByKernel(trace, outputs, descent, further)
                                               : backByProducts(trace, outputs, descent, further);
}

at::Tensor ConvolutionStage::backByKernel(const Trace& trace, const at::Tensor& outputs,
                                          const Descent& descent, bool further) const {
  const auto weight = descent.parameters.tensor(weight_).detach();
  const MaximaKernel kernel(trace.kept[kInput], trace.kept[kPooled], trace.kept[kIndices],
                            trace.kept[kMap].size(3), weight, padding_);
  auto [weights, biases] = kernel.weightGradients(outputs);
  descent.sink.formed(bias_, biases);
  descent.sink.formed(weight_, weights);
  return further ? kernel.inputGradients(outputs) : at::Tensor();
}

at::Tensor ConvolutionStage::backByProducts(const Trace& trace, const at::Tensor& outputs,
                                            const Descent& descent, bool further) const {
  const auto& input = trace.kept[kInput];
  const auto& indices = trace.kept[kIndices];
  const auto map = trace.kept[kMap].sizes();
  const auto weight = descent.parameters.tensor(weight_).detach();
  const auto tasks = outputs.size(0), examples = map[0], channels = map[1];
  const auto area = map[2] * map[3];
  const auto masked = at::threshold_backward(outputs, trace.kept[kPooled], 0).flatten(3);
  descent.sink.formed(bias_, masked.sum({1, 3}));
  // One writer a place: deterministic on every device.
  auto unpooled = at::zeros({tasks, channels, examples, area}, outputs.options());
  const auto places = indices.flatten(2).transpose(0, 1).unsqueeze(0);
  unpooled.scatter_(3, places.expand({tasks, channels, examples, places.size(3)}),
                    masked.transpose(1, 2));
  const auto padded = at::constant_pad_nd(input, {padding_, padding_, padding_, padding_});
  const auto patches = seenPatches(padded, weight.size(2), 1);
  descent.sink.formed(
      weight_,
      unpooled.view({tasks * channels, examples * area}).mm(patches.t()).view({tasks, -1}));
  if (!further) return {};
  auto all = unpooled.transpose(1, 2).reshape({tasks * examples, channels, map[2], map[3]});
  auto shape = input.sizes().vec();
  shape[0] *= tasks;
  const auto below = std::get<0>(at::convolution_backward(
      all, shapeOnly(input, shape), weight, at::OptionalIntArrayRef(), {1, 1}, {padding_, padding_},
      {1, 1}, false, {0, 0}, 1, {true, false, false}));
  return below.reshape({tasks, examples, input.size(1), input.size(2), input.size(3)});
}

}  // namespace eq::model
