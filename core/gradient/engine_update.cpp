#include "core/gradient/engine.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/gradient/products.h"

namespace eq::gradient {
namespace {

at::Tensor scalar(double value, const at::Tensor& like) {
  return at::zeros({}, like.options()).fill_(value);
}

/// Gradients of one loss; the graph is kept, and what the loss does not reach is undefined.
torch::autograd::variable_list gradientsOfOne(const at::Tensor& loss,
                                              const torch::autograd::variable_list& inputs) {
  if (inputs.empty()) return {};
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
  const auto& like = pass.readings.front().copy;
  return at::tensor(chosen, at::kDouble).to(like.device(), like.scalar_type()).unsqueeze(0);
}

/// Σ_k w_k D_k of a stack, as that of one loss. \param weights [1, A].
model::Stack mixedStack(const at::Tensor& weights, const model::Stack& stack) {
  if (!stack.gradients.defined()) return {};
  auto one = stack.gradients.sizes().vec();
  one[0] = 1;
  const auto chosen = entriesOf(weights, stack.losses);
  return {{0}, chosen.mm(stack.gradients.flatten(1)).view(one)};
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
  addOwn(pass, heads, gradients);
  if (!pass.readings.empty())
    for (const auto index : model_.parameters().columnIndices()) {
      const auto& info = model_.parameters().infos()[index];
      if (isReached(pass, index)) gradients[index] = direction.narrow(0, info.offset, info.count);
    }
  shape(gradients);
  pass = {};
  return gradients;
}

Gradients Engine::backward(Forward& pass, const Parts& parts,
                           const std::vector<std::vector<double>>& shared,
                           const std::vector<double>& heads) const {
  takeDirections(pass);
  const at::NoGradGuard noGradients;
  Gradients gradients(model_.parameters().infos().size());
  addOwn(pass, heads, gradients);
  if (!pass.readings.empty()) {
    const auto plan = planFor(pass);
    const auto tasks = pass.activeTasks().size();
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
  }
  shape(gradients);
  pass = {};
  return gradients;
}

Gradients Engine::ofPenalties(const Forward& pass,
                              const std::vector<model::Penalty>& penalties) const {
  Gradients gradients(model_.parameters().infos().size());
  torch::autograd::variable_list values, inputs;
  for (const auto& penalty : penalties)
    if (penalty.value.requires_grad()) values.push_back(penalty.value);
  if (values.empty()) return gradients;
  std::vector<size_t> indices;
  for (const auto index : model_.parameters().order())
    if (model_.parameters().tensor(index).requires_grad() && isReached(pass, index))
      indices.push_back(index);
  inputs = tensors(indices);
  // Where the losses go on from copies, so do the penalties, and the columns are further down.
  const bool apart = pass.purpose == Purpose::exact || pass.purpose == Purpose::representation;
  if (apart && !model_.ownsBelow())
    for (const auto& reading : pass.readings) inputs.push_back(reading.copy);
  if (inputs.empty()) return gradients;  // no task is active
  const auto found = torch::autograd::grad(values, inputs, {}, /*retain_graph=*/true,
                                           /*create_graph=*/false, /*allow_unused=*/true);
  std::vector<model::Stack> stacks(pass.representations.size());
  bool deeper = false;
  for (size_t i = indices.size(); i < found.size(); ++i) {
    if (!found[i].defined()) continue;
    stacks[pass.readings[i - indices.size()].place].add({{0}, found[i].unsqueeze(0)});
    deeper = true;
  }
  const at::NoGradGuard noGradients;
  if (deeper) {
    OneGradient below(gradients);
    descend(pass, std::move(stacks), 1, below);
    shape(gradients);
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    auto& gradient = gradients[indices[i]];
    if (found[i].defined()) gradient = gradient.defined() ? gradient + found[i] : found[i];
  }
  return gradients;
}

/// Whether any active task reaches this parameter.
bool Engine::isReached(const Forward& pass, size_t index) const {
  const auto reach = model_.reach(model_.parameters().infos()[index].block.owner);
  for (size_t k = 0; k < reach.size(); ++k)
    if (reach[k] && pass.active[k]) return true;
  return false;
}

/// The gradients of what tasks own.
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
    factors.emplace_back(heads[static_cast<size_t>(infos[i].block.owner)]);
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
  const at::NoGradGuard noGradients;
  addOwn(pass, heads, gradients);
  if (!pass.readings.empty()) {
    const auto weights = weightRow(pass, shared);
    if (pass.purpose == Purpose::exact && planFor(pass).way != Way::pairs) {
      exact(pass).combine(weights, gradients);
    } else {
      auto stacks = pass.stacks(0, pass.activeTasks().size());
      for (auto& stack : stacks) stack = mixedStack(weights, stack);
      OneGradient sum(gradients);
      descend(pass, std::move(stacks), 1, sum);
    }
  }
  shape(gradients);
  return gradients;
}

Gradients Engine::backwardTogether(const Forward& pass, const std::vector<double>& weights) const {
  Gradients gradients(model_.parameters().infos().size());
  torch::autograd::variable_list losses, scales, inputs;
  std::vector<size_t> indices;
  const auto take = [&](const std::vector<size_t>& some) {
    for (const auto index : some) {
      indices.push_back(index);
      inputs.push_back(model_.parameters().tensor(index));
    }
  };
  take(model_.parameters().columnIndices());
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    if (!pass.active[k]) continue;
    losses.push_back(pass.losses[k]);
    scales.push_back(scalar(weights[k], pass.losses[k]));
    take(model_.parameters().indices(static_cast<std::int64_t>(k)));
  }
  if (losses.empty()) return gradients;
  assign(gradients, indices, torch::autograd::grad(losses, inputs, scales, false, false, true));
  return gradients;
}

/// Of what tasks own and of the columns by a call of autograd each.
Gradients Engine::backwardTwice(const Forward& pass, const std::vector<double>& shared,
                                const std::vector<double>& heads) const {
  Gradients gradients(model_.parameters().infos().size());
  torch::autograd::variable_list losses, ofOwn, ofColumns;
  std::vector<size_t> own;
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    if (!pass.active[k]) continue;
    losses.push_back(pass.losses[k]);
    ofOwn.push_back(scalar(heads[k], pass.losses[k]));
    ofColumns.push_back(scalar(shared[k], pass.losses[k]));
    const auto indices = model_.parameters().indices(static_cast<std::int64_t>(k));
    own.insert(own.end(), indices.begin(), indices.end());
  }
  if (losses.empty()) return gradients;
  const auto columns = model_.parameters().columnIndices();
  if (!own.empty())
    assign(gradients, own,
           torch::autograd::grad(losses, tensors(own), ofOwn, /*retain_graph=*/true, false, true));
  if (!columns.empty())
    assign(gradients, columns,
           torch::autograd::grad(losses, tensors(columns), ofColumns, false, false, true));
  return gradients;
}

Gradients Engine::backwardApart(const Forward& pass, const std::vector<double>& shared,
                                const std::vector<double>& heads) const {
  if (model_.readsInDepth() || model_.ownsBelow()) return backwardTwice(pass, shared, heads);
  Gradients gradients(model_.parameters().infos().size());
  std::vector<at::Tensor> directions(pass.representations.size());
  for (size_t k = 0; k < pass.losses.size(); ++k) {
    if (!pass.active[k]) continue;
    const auto indices = model_.parameters().indices(static_cast<std::int64_t>(k));
    auto inputs = tensors(indices);
    std::vector<size_t> places;
    for (const auto place : model_.reads()[k])
      if (pass.representations[place].requires_grad()) places.push_back(place);
    for (const auto place : places) inputs.push_back(pass.representations[place]);
    auto own = gradientsOfOne(pass.losses[k], inputs);
    for (size_t i = 0; i < places.size(); ++i) {
      const auto& found = own[indices.size() + i];
      auto& direction = directions[places[i]];
      if (found.defined())
        direction = direction.defined() ? direction.add(found, shared[k]) : found * shared[k];
    }
    own.resize(indices.size());
    for (auto& gradient : own)
      if (gradient.defined()) gradient = gradient * heads[k];
    assign(gradients, indices, own);
  }
  torch::autograd::variable_list outputs, seeds;
  for (size_t i = 0; i < directions.size(); ++i)
    if (directions[i].defined()) {
      outputs.push_back(pass.representations[i]);
      seeds.push_back(directions[i]);
    }
  if (outputs.empty()) return gradients;
  const auto columns = model_.parameters().columnIndices();
  assign(gradients, columns,
         torch::autograd::grad(outputs, tensors(columns), seeds, false, false, true));
  return gradients;
}

}  // namespace eq::gradient
