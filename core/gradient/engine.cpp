#include "core/gradient/engine.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/gradient/gramian.h"

namespace eq::gradient {
namespace {

using torch::autograd::grad;
using torch::autograd::variable_list;

at::Tensor scalar(double value, const at::Tensor& like) {
  return at::zeros({}, like.options()).fill_(value);
}

/// Gradients of one loss; the graph is kept, and what the loss does not reach is undefined.
variable_list gradientsOf(const at::Tensor& loss, const variable_list& inputs) {
  return grad({loss}, inputs, {}, /*retain_graph=*/true, /*create_graph=*/false,
              /*allow_unused=*/true);
}

at::Tensor flatRow(const variable_list& gradients, const variable_list& inputs) {
  variable_list parts;
  for (size_t i = 0; i < gradients.size(); ++i)
    parts.push_back(gradients[i].defined() ? gradients[i].reshape({-1})
                                           : at::zeros({inputs[i].numel()}, inputs[i].options()));
  return at::cat(parts);
}

void assign(Gradients& into, const std::vector<size_t>& indices, const variable_list& gradients) {
  for (size_t i = 0; i < indices.size(); ++i) into[indices[i]] = gradients[i];
}

}  // namespace

std::vector<at::Tensor> Engine::tensors(std::int64_t owner) const {
  std::vector<at::Tensor> tensors;
  for (const auto index : model_.parameters().indices(owner))
    tensors.push_back(model_.parameters().tensor(index));
  return tensors;
}

Forward Engine::forward(const at::Tensor& inputs, const LossOf& lossOf, std::vector<char> active,
                        bool taped, bool views) const {
  Forward pass;
  pass.active = std::move(active);
  pass.representation = model_.trunk(inputs, {true, taped ? &pass.tape : nullptr});
  const model::Pass training{true, nullptr, views};
  for (size_t k = 0; k < pass.active.size(); ++k)
    pass.losses.push_back(pass.active[k] ? lossOf(k, model_.head(k, pass.representation, training))
                                         : scalar(0, model_.parameters().values()));
  return pass;
}

at::Tensor Engine::gramian(const Forward& pass, Source source) const {
  if (source == Source::exact && !model_.tracesTrunk()) {
    const auto rows = jacobian(pass).to(at::kDouble);
    return rows.mm(rows.t());
  }
  variable_list inputs{pass.representation};
  if (source == Source::exact) {
    inputs.clear();
    for (const auto& trace : pass.tape) inputs.push_back(trace.output);
  }
  // Gradients in outputs of layers [layer][task]: this costs no weight gradient.
  std::vector<std::vector<at::Tensor>> outputs(inputs.size());
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    const auto gradients =
        pass.active[k] ? gradientsOf(pass.losses[k], inputs) : variable_list(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      outputs[i].push_back(gradients[i].defined() ? gradients[i] : at::zeros_like(inputs[i]));
  }
  const auto tasks = static_cast<std::int64_t>(pass.losses.size());
  auto total = at::zeros({tasks, tasks}, pass.representation.options().dtype(at::kDouble));
  for (size_t i = 0; i < inputs.size(); ++i)
    total += source == Source::exact ? layerGramian(pass.tape[i], outputs[i])
                                     : innerProducts(outputs[i]);
  return total;
}

at::Tensor Engine::jacobian(const Forward& pass) const {
  const auto inputs = tensors(model::kTrunk);
  std::vector<at::Tensor> rows;
  for (size_t k = 0; k < pass.losses.size(); ++k)
    rows.push_back(
        flatRow(pass.active[k] ? gradientsOf(pass.losses[k], inputs) : variable_list(inputs.size()),
                inputs));
  return at::stack(rows);
}

Gradients Engine::backward(Forward& pass, const std::vector<double>& shared,
                           const std::vector<double>& heads) const {
  bool equal = true;
  for (size_t k = 0; k < shared.size(); ++k)
    equal = equal && (!pass.active[k] || shared[k] == heads[k]);
  auto gradients = equal ? backwardTogether(pass, shared) : backwardApart(pass, shared, heads);
  pass = {};
  return gradients;
}

Gradients Engine::backwardTogether(const Forward& pass, const std::vector<double>& weights) const {
  Gradients gradients(model_.parameters().infos().size());
  variable_list losses, scales, inputs;
  std::vector<size_t> indices;
  const auto take = [&](std::int64_t owner) {
    for (const auto index : model_.parameters().indices(owner)) {
      indices.push_back(index);
      inputs.push_back(model_.parameters().tensor(index));
    }
  };
  take(model::kTrunk);
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    if (!pass.active[k]) continue;
    losses.push_back(pass.losses[k]);
    scales.push_back(scalar(weights[k], pass.losses[k]));
    take(static_cast<std::int64_t>(k));
  }
  if (losses.empty()) return gradients;
  assign(gradients, indices, grad(losses, inputs, scales, false, false, true));
  return gradients;
}

Gradients Engine::backwardApart(const Forward& pass, const std::vector<double>& shared,
                                const std::vector<double>& heads) const {
  Gradients gradients(model_.parameters().infos().size());
  at::Tensor direction;  // of the representation
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    if (!pass.active[k]) continue;
    const auto owner = static_cast<std::int64_t>(k);
    variable_list inputs = tensors(owner);
    inputs.push_back(pass.representation);
    auto own = gradientsOf(pass.losses[k], inputs);
    const auto atRepresentation = own.back();
    own.pop_back();
    for (auto& gradient : own)
      if (gradient.defined()) gradient = gradient * heads[k];
    assign(gradients, model_.parameters().indices(owner), own);
    if (!atRepresentation.defined()) continue;
    direction = direction.defined() ? direction.add(atRepresentation, shared[k])
                                    : atRepresentation * shared[k];
  }
  if (!direction.defined()) return gradients;
  assign(gradients, model_.parameters().indices(model::kTrunk),
         grad({pass.representation}, tensors(model::kTrunk), {direction}, false, false, true));
  return gradients;
}

}  // namespace eq::gradient
