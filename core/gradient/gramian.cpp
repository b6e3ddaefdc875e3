#include "core/gradient/gramian.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

namespace eq::gradient {
namespace {

at::Tensor linearGramian(const model::LayerTrace& trace, const std::vector<at::Tensor>& outputs) {
  const auto input = trace.input.detach();
  const bool ghost = ghostIsCheaper(input.size(0), input.size(1), outputs[0].size(1),
                                    static_cast<std::int64_t>(outputs.size()));
  std::vector<at::Tensor> biases;
  for (const auto& output : outputs) biases.push_back(output.sum(0));
  return (ghost ? ghostGramian(input, outputs) : formedGramian(input, outputs)) +
         innerProducts(biases);
}

at::Tensor convolutionGramian(const model::LayerTrace& trace,
                              const std::vector<at::Tensor>& outputs) {
  const auto input = trace.input.detach();
  const auto channels = outputs[0].size(1);
  const auto kernel = input.size(2) + 2 * trace.padding - outputs[0].size(2) + 1;
  // Only the shape of the weight is read: its gradient does not depend on its values.
  const auto weight = at::zeros({channels, input.size(1), kernel, kernel}, input.options());
  std::vector<at::Tensor> weights, biases;
  for (const auto& output : outputs) {
    const auto [unused, dWeight, dBias] = at::convolution_backward(
        output, input, weight, at::OptionalIntArrayRef({channels}), {1, 1},
        {trace.padding, trace.padding}, {1, 1}, false, {0, 0}, 1, {false, true, true});
    weights.push_back(dWeight);
    biases.push_back(dBias);
  }
  return innerProducts(weights) + innerProducts(biases);
}

}  // namespace

at::Tensor innerProducts(const std::vector<at::Tensor>& rows) {
  std::vector<at::Tensor> flat;
  for (const auto& row : rows) flat.push_back(row.reshape({-1}));
  const auto matrix = at::stack(flat).to(at::kDouble);
  return matrix.mm(matrix.t());
}

bool ghostIsCheaper(std::int64_t examples, std::int64_t inputs, std::int64_t outputs,
                    std::int64_t tasks) {
  const auto n = static_cast<double>(examples);
  const auto in = static_cast<double>(inputs);
  const auto out = static_cast<double>(outputs);
  const auto k = static_cast<double>(tasks);
  return n * n * in + k * n * n * out + k * k * n * out < k * n * in * out + k * k * in * out;
}

at::Tensor ghostGramian(const at::Tensor& input, const std::vector<at::Tensor>& outputs) {
  const auto examples = input.mm(input.t());
  std::vector<at::Tensor> mixed;
  for (const auto& output : outputs) mixed.push_back(examples.mm(output).reshape({-1}));
  std::vector<at::Tensor> flat;
  for (const auto& output : outputs) flat.push_back(output.reshape({-1}));
  const auto products = at::stack(flat).to(at::kDouble).mm(at::stack(mixed).to(at::kDouble).t());
  return (products + products.t()) / 2;
}

at::Tensor formedGramian(const at::Tensor& input, const std::vector<at::Tensor>& outputs) {
  std::vector<at::Tensor> weights;
  for (const auto& output : outputs) weights.push_back(output.t().mm(input));
  return innerProducts(weights);
}

at::Tensor layerGramian(const model::LayerTrace& trace, const std::vector<at::Tensor>& outputs) {
  return trace.kind == model::LayerTrace::Kind::linear ? linearGramian(trace, outputs)
                                                       : convolutionGramian(trace, outputs);
}

}  // namespace eq::gradient
