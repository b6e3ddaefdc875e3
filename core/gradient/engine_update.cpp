#include "core/gradient/engine.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

namespace eq::gradient {
namespace {

at::Tensor scalar(double value, const at::Tensor& like) {
  return at::zeros({}, like.options()).fill_(value);
}

/// Gradients of one loss; the graph is kept, and what the loss does not reach is undefined.
torch::autograd::variable_list gradientsOfOne(const at::Tensor& loss,
                                              const torch::autograd::variable_list& inputs) {
  return torch::autograd::grad({loss}, inputs, {}, /*retain_graph=*/true,
                               /*create_graph=*/false,
                               /*allow_unused=*/true);
}

void assign(Gradients& into, const std::vector<size_t>& indices,
            const torch::autograd::variable_list& gradients) {
  for (size_t i = 0; i < indices.size(); ++i) into[indices[i]] = gradients[i];
}

/// The weights of the active tasks, [1, A] like the gradients.
at::Tensor weightRow(const Forward& pass, const std::vector<double>& weights) {
  std::vector<double> chosen;
  for (const auto k : pass.activeTasks()) chosen.push_back(weights[static_cast<size_t>(k)]);
  return at::tensor(chosen, at::kDouble).to(pass.representation.options()).unsqueeze(0);
}

}  // namespace

Gradients Engine::backward(Forward& pass, const std::vector<double>& shared,
                           const std::vector<double>& heads) const {
  bool equal = true;
  for (size_t k = 0; k < shared.size(); ++k)
    equal = equal && (!pass.active[k] || shared[k] == heads[k]);
  const bool sum = pass.purpose == Purpose::sum || pass.purpose == Purpose::sumShown;
  auto gradients = !sum    ? chained(pass, shared, heads)
                   : equal ? backwardTogether(pass, shared)
                           : backwardApart(pass, shared, heads);
  pass = {};
  return gradients;
}

Gradients Engine::backward(Forward& pass, const at::Tensor& direction,
                           const std::vector<double>& heads) const {
  takeDirections(pass);
  const at::NoGradGuard noGradients;
  Gradients gradients(model_.parameters().infos().size());
  if (!pass.directions.empty()) {
    addOwn(pass, heads, gradients);
    std::int64_t begin = 0;
    for (const auto index : model_.parameters().indices(model::kTrunk)) {
      const auto count = model_.parameters().infos()[index].count;
      gradients[index] = direction.narrow(0, begin, count);
      begin += count;
    }
    shape(gradients);
  }
  pass = {};
  return gradients;
}

Gradients Engine::backward(Forward& pass, const Parts& parts,
                           const std::vector<std::vector<double>>& shared,
                           const std::vector<double>& heads) const {
  takeDirections(pass);
  const at::NoGradGuard noGradients;
  Gradients gradients(model_.parameters().infos().size());
  if (!pass.directions.empty()) {
    addOwn(pass, heads, gradients);
    const auto plan = planFor(pass);
    const auto tasks = pass.directions.size();
    const auto chunk = plan.way == Way::pairs ? plan.chunk : tasks;
    for (size_t first = 0; first < tasks; first += chunk) {
      const auto count = std::min(chunk, tasks - first);
      const auto some = plan.way == Way::pairs ? gradientsOf(pass, first, count, Form::formed)
                                               : (exact(pass), pass.gradients);
      for (size_t i = 0; i < parts.size(); ++i)
        some->combine(
            weightRow(pass, shared[i])
                .narrow(1, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count)),
            parts[i], gradients);
    }
    shape(gradients);
  }
  pass = {};
  return gradients;
}

/// The heads' own gradients.
void Engine::addOwn(const Forward& pass, const std::vector<double>& heads,
                    Gradients& gradients) const {
  const auto& infos = model_.parameters().infos();
  std::vector<at::Tensor> own;
  std::vector<at::Scalar> factors;
  std::vector<size_t> indices;
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!pass.own[i].defined()) continue;
    indices.push_back(i);
    own.push_back(pass.own[i]);
    factors.emplace_back(heads[static_cast<size_t>(infos[i].owner)]);
  }
  const bool scaled = std::any_of(factors.begin(), factors.end(),
                                  [](const at::Scalar& factor) { return factor.toDouble() != 1; });
  if (!own.empty()) assign(gradients, indices, scaled ? at::_foreach_mul(own, factors) : own);
}

/// As the parameters are.
void Engine::shape(Gradients& gradients) const {
  const auto& infos = model_.parameters().infos();
  for (size_t i = 0; i < infos.size(); ++i)
    if (gradients[i].defined()) gradients[i] = gradients[i].view(infos[i].shape);
}

/// The update from what the pass has found of its tasks.
Gradients Engine::chained(Forward& pass, const std::vector<double>& shared,
                          const std::vector<double>& heads) const {
  takeDirections(pass);
  Gradients gradients(model_.parameters().infos().size());
  if (pass.directions.empty()) return gradients;
  const at::NoGradGuard noGradients;
  addOwn(pass, heads, gradients);
  const auto weights = weightRow(pass, shared);
  if (pass.purpose == Purpose::exact && planFor(pass).way != Way::pairs) {
    exact(pass).combine(weights, gradients);
  } else {
    const auto stack = pass.stack(0, pass.directions.size());
    auto one = stack.sizes().vec();
    one[0] = 1;
    OneGradient sum(gradients);
    descend(pass, weights.mm(stack.flatten(1)).view(one), sum);
  }
  shape(gradients);
  return gradients;
}

Gradients Engine::backwardTogether(const Forward& pass, const std::vector<double>& weights) const {
  Gradients gradients(model_.parameters().infos().size());
  torch::autograd::variable_list losses, scales, inputs;
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
  assign(gradients, indices, torch::autograd::grad(losses, inputs, scales, false, false, true));
  return gradients;
}

Gradients Engine::backwardApart(const Forward& pass, const std::vector<double>& shared,
                                const std::vector<double>& heads) const {
  Gradients gradients(model_.parameters().infos().size());
  at::Tensor direction;  // of the representation
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    if (!pass.active[k]) continue;
    const auto owner = static_cast<std::int64_t>(k);
    torch::autograd::variable_list inputs = tensors(owner);
    inputs.push_back(pass.representation);
    auto own = gradientsOfOne(pass.losses[k], inputs);
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
         torch::autograd::grad({pass.representation}, tensors(model::kTrunk), {direction}, false,
                               false, true));
  return gradients;
}

}  // namespace eq::gradient
