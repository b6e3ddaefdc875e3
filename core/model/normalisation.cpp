#include "core/model/normalisation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/native_group_norm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/relu.h>

#include "core/model/norm_gradients.h"

namespace eq::model {
namespace {

constexpr double kLeastVariance = 1e-5;  // added to it, as in PyTorch

}  // namespace

// A trace keeps input, mean, 1/deviation and output.
at::Tensor GroupNorm::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                              const Pass&, Trace* trace) const {
  const auto [normed, mean, inverse] = at::native_group_norm(
      input, parameters.tensor(weight_), parameters.tensor(bias_), input.size(0), input.size(1),
      input[0][0].numel(), groups_, kLeastVariance);
  auto output = at::relu(normed);
  if (trace) trace->kept = {input.detach(), mean.detach(), inverse.detach(), output.detach()};
  return output;
}

at::Tensor GroupNorm::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                           bool further) const {
  const auto& kept = trace.kept;
  const Normed normed{kept[0].flatten(2), kept[1], kept[2],
                      descent.parameters.tensor(weight_).detach(), kept[3].flatten(2)};
  const auto found = normGradients(normed, outputs.flatten(3), further, descent.kernels);
  descent.sink.formed(weight_, found.scales);
  descent.sink.formed(bias_, found.shifts);
  return further ? found.inputs.view(outputs.sizes()) : at::Tensor();
}

// A trace keeps input, mean and 1/deviation.
at::Tensor LayerNorm::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                              const Pass&, Trace* trace) const {
  const auto& weight = parameters.tensor(weight_);
  auto [output, mean, inverse] = at::native_layer_norm(input, weight.sizes(), weight,
                                                       parameters.tensor(bias_), leastVariance_);
  if (trace) trace->kept = {input.detach(), mean.detach(), inverse.detach()};
  return output;
}

at::Tensor LayerNorm::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                           bool further) const {
  const auto& kept = trace.kept;
  const Normed normed{kept[0].flatten(0, -2).unsqueeze(-1), kept[1].reshape({-1, 1}),
                      kept[2].reshape({-1, 1}), descent.parameters.tensor(weight_).detach()};
  const auto found =
      normGradients(normed, outputs.flatten(1, -2).unsqueeze(-1), further, descent.kernels);
  descent.sink.formed(weight_, found.scales);
  descent.sink.formed(bias_, found.shifts);
  return further ? found.inputs.view(outputs.sizes()) : at::Tensor();
}

}  // namespace eq::model
