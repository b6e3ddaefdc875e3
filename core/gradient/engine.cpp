#include "core/gradient/engine.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_put.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/gradient/products.h"

namespace eq::gradient {
namespace {

using torch::autograd::grad;
using torch::autograd::variable_list;

at::Tensor scalar(double value, const at::Tensor& like) {
  return at::zeros({}, like.options()).fill_(value);
}

/// Gradients of one loss; the graph is kept, and what the loss does not reach is undefined.
variable_list gradientsOfOne(const at::Tensor& loss, const variable_list& inputs) {
  return grad({loss}, inputs, {}, /*retain_graph=*/true, /*create_graph=*/false,
              /*allow_unused=*/true);
}

void assign(Gradients& into, const std::vector<size_t>& indices, const variable_list& gradients) {
  for (size_t i = 0; i < indices.size(); ++i) into[indices[i]] = gradients[i];
}

std::vector<std::int64_t> activeIndices(const Forward& pass) {
  std::vector<std::int64_t> indices;
  for (size_t k = 0; k < pass.active.size(); ++k)
    if (pass.active[k]) indices.push_back(static_cast<std::int64_t>(k));
  return indices;
}

/// The weights of the active tasks, [1, A] like the gradients.
at::Tensor weightRow(const Forward& pass, const std::vector<double>& weights) {
  std::vector<double> chosen;
  for (const auto k : activeIndices(pass)) chosen.push_back(weights[static_cast<size_t>(k)]);
  return at::tensor(chosen, at::kDouble).to(pass.representation.options()).unsqueeze(0);
}

at::Tensor stackOf(const std::vector<at::Tensor>& tensors, size_t first, size_t count) {
  return at::stack(at::TensorList(tensors).slice(first, count));
}

}  // namespace

/// How the exact gradients of a pass are held.
struct Engine::Plan {
  Way way = Way::stacked;
  size_t chunk = 1;  ///< tasks at a time
};

std::vector<at::Tensor> Engine::tensors(std::int64_t owner) const {
  std::vector<at::Tensor> tensors;
  for (const auto index : model_.parameters().indices(owner))
    tensors.push_back(model_.parameters().tensor(index));
  return tensors;
}

Forward Engine::forward(const at::Tensor& inputs, const LossOf& lossOf, std::vector<char> active,
                        Purpose purpose, bool views) const {
  Forward pass;
  pass.active = std::move(active);
  pass.purpose = purpose;
  const bool apart = purpose == Purpose::exact || purpose == Purpose::representation;
  const bool traced = purpose != Purpose::sum && model_.tracesTrunk();
  {
    const at::AutoGradMode graph(!(apart && traced));
    pass.representation = model_.trunk(inputs, {true, traced ? &pass.tape : nullptr});
  }
  const model::Pass training{true, nullptr, views};
  const auto& z = pass.representation;
  for (size_t k = 0; k < pass.active.size(); ++k) {
    if (!pass.active[k]) {
      pass.losses.push_back(scalar(0, model_.parameters().values()));
      continue;
    }
    // A view passes the gradient on as it is: the sum over tasks keeps its bits.
    auto copy = apart ? z.detach().requires_grad_() : z;
    if (purpose == Purpose::sumShown) copy = z.view(z.sizes());
    if (purpose != Purpose::sum) pass.copies.push_back(copy);
    pass.losses.push_back(lossOf(k, model_.head(k, copy, training)));
  }
  return pass;
}

void Engine::takeDirections(Forward& pass) const {
  if (!pass.directions.empty() || pass.copies.empty()) return;
  const bool shown = pass.purpose == Purpose::sumShown;
  pass.own.resize(model_.parameters().infos().size());
  variable_list losses, inputs = pass.copies;
  std::vector<size_t> indices;
  for (const auto k : activeIndices(pass)) {
    losses.push_back(pass.losses[static_cast<size_t>(k)]);
    if (shown) continue;
    for (const auto index : model_.parameters().indices(k)) {
      indices.push_back(index);
      inputs.push_back(model_.parameters().tensor(index));
    }
  }
  const auto found = grad(losses, inputs, {}, /*retain_graph=*/shown, /*create_graph=*/false,
                          /*allow_unused=*/true);
  for (size_t i = 0; i < pass.copies.size(); ++i)
    pass.directions.push_back(found[i].defined() ? found[i] : at::zeros_like(pass.copies[i]));
  for (size_t i = 0; i < indices.size(); ++i) pass.own[indices[i]] = found[pass.copies.size() + i];
}

Engine::Plan Engine::planFor(const Forward& pass) const {
  const auto size = static_cast<double>(pass.representation.element_size());
  const auto tasks = static_cast<double>(pass.directions.size());
  const auto parameters = static_cast<double>(model_.parameters().range(model::kTrunk).size());
  double neighbours = 0, kept = 0, above = 0;
  for (const auto& trace : pass.tape) {
    const auto elements = static_cast<double>(trace.elements);
    neighbours = std::max(neighbours, above + elements);
    above = elements;
    if (!trace.layer->parameters().empty()) kept += elements;
  }
  const double room = options_.memory * 1e6 / size;
  if (tasks * (neighbours + kept + parameters) <= room)
    return {Way::stacked, pass.directions.size()};
  const auto fitting = [&](double left, double one) {
    return static_cast<size_t>(
        std::clamp(left / std::max(one, 1.0), 1.0, std::max(tasks - 1, 1.0)));
  };
  if (tasks * parameters + neighbours + kept <= room)
    return {Way::chunked, fitting(room - tasks * parameters, neighbours + kept)};
  return {Way::pairs, fitting(room, neighbours + kept + 2 * parameters)};
}

void Engine::descend(const Forward& pass, const at::Tensor& stack,
                     model::ParameterSink& sink) const {
  if (model_.tracesTrunk()) {
    const at::NoGradGuard noGradients;
    return model_.back(pass.tape, stack, sink, options_.kernels);
  }
  const auto indices = model_.parameters().indices(model::kTrunk);
  const auto inputs = tensors(model::kTrunk);
  std::vector<variable_list> rows(inputs.size());
  std::vector<char> reached(inputs.size());
  for (std::int64_t k = 0; k < stack.size(0); ++k) {
    const auto found = grad({pass.representation}, inputs, {stack[k]}, /*retain_graph=*/true,
                            /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < inputs.size(); ++i) {
      reached[i] |= found[i].defined();
      rows[i].push_back(found[i].defined() ? found[i] : at::zeros_like(inputs[i]).detach());
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (reached[i]) sink.formed(indices[i], at::stack(rows[i]));
}

std::shared_ptr<TaskGradients> Engine::gradientsOf(const Forward& pass, size_t first, size_t count,
                                                   Form form) const {
  auto found =
      std::make_shared<TaskGradients>(static_cast<std::int64_t>(count), form, model_.trunkUses());
  descend(pass, stackOf(pass.directions, first, count), *found);
  return found;
}

const TaskGradients& Engine::exact(Forward& pass) const {
  if (pass.gradients) return *pass.gradients;
  const auto plan = planFor(pass);
  pass.way = plan.way;
  const auto tasks = pass.directions.size();
  if (plan.way == Way::stacked) {
    pass.gradients = gradientsOf(pass, 0, tasks, options_.form);
    return *pass.gradients;
  }
  pass.gradients = std::make_shared<TaskGradients>(static_cast<std::int64_t>(tasks), Form::formed,
                                                   model_.trunkUses());
  for (size_t first = 0; first < tasks; first += plan.chunk) {
    pass.gradients->beginAt(static_cast<std::int64_t>(first));
    descend(pass, stackOf(pass.directions, first, std::min(plan.chunk, tasks - first)),
            *pass.gradients);
  }
  return *pass.gradients;
}

at::Tensor Engine::gramianByPairs(const Forward& pass, size_t chunk) const {
  const auto tasks = pass.directions.size();
  const auto all = model_.parameters().indices(model::kTrunk);
  const auto total = static_cast<std::int64_t>(tasks);
  auto gramian = at::zeros({total, total}, pass.representation.options().dtype(at::kDouble));
  const auto products = [&](const TaskGradients& one, const TaskGradients& other) {
    at::Tensor sum;
    for (const auto index : all) {
      const auto rows = one.rows(index);
      if (!rows.defined()) continue;
      const auto part = blockProducts(rows, other.rows(index));
      sum = sum.defined() ? sum.add_(part) : part;
    }
    return sum;
  };
  for (size_t a = 0; a < tasks; a += chunk) {
    const auto rowsOfA = gradientsOf(pass, a, std::min(chunk, tasks - a), Form::formed);
    for (size_t b = a; b < tasks; b += chunk) {
      const auto count = std::min(chunk, tasks - b);
      const auto part =
          products(*rowsOfA, b == a ? *rowsOfA : *gradientsOf(pass, b, count, Form::formed));
      const auto at = [](size_t k) { return static_cast<std::int64_t>(k); };
      gramian.narrow(0, at(a), part.size(0)).narrow(1, at(b), part.size(1)).copy_(part);
      if (b != a)
        gramian.narrow(0, at(b), part.size(1)).narrow(1, at(a), part.size(0)).copy_(part.t());
    }
  }
  return symmetrised(gramian);
}

at::Tensor Engine::scattered(const Forward& pass, const at::Tensor& found) const {
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (found.size(0) == tasks) return found;
  const auto places = at::tensor(activeIndices(pass), at::kLong).to(found.device());
  auto all = at::zeros(std::vector<std::int64_t>(static_cast<size_t>(found.dim()), tasks),
                       found.options());
  if (found.dim() == 1) return all.index_put({places}, found);
  return all.index_put({places.unsqueeze(1), places.unsqueeze(0)}, found);
}

at::Tensor Engine::gramian(Forward& pass, Source source) const {
  takeDirections(pass);
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (pass.directions.empty())
    return at::zeros({tasks, tasks}, pass.representation.options().dtype(at::kDouble));
  const at::NoGradGuard noGradients;
  if (source == Source::representation) {
    const auto rows = stackOf(pass.directions, 0, pass.directions.size()).flatten(1);
    return scattered(pass, symmetrised(blockProducts(rows, rows)));
  }
  const auto plan = planFor(pass);
  pass.way = plan.way;
  return scattered(
      pass, plan.way == Way::pairs ? gramianByPairs(pass, plan.chunk) : exact(pass).gramian());
}

at::Tensor Engine::squaredNorms(Forward& pass) const {
  takeDirections(pass);
  if (pass.directions.empty() || planFor(pass).way == Way::pairs)
    return gramian(pass, Source::exact).diagonal();
  return scattered(pass, exact(pass).squaredNorms());
}

at::Tensor Engine::jacobian(Forward& pass) const {
  takeDirections(pass);
  const auto indices = model_.parameters().indices(model::kTrunk);
  const auto columns = model_.parameters().range(model::kTrunk).size();
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  auto all = at::zeros({tasks, columns}, pass.representation.options());
  if (pass.directions.empty()) return all;
  std::vector<at::Tensor> parts;
  for (const auto index : indices) {
    auto rows = exact(pass).rows(index);
    if (!rows.defined())
      rows = at::zeros({static_cast<std::int64_t>(pass.directions.size()),
                        model_.parameters().infos()[index].count},
                       all.options());
    parts.push_back(rows);
  }
  const auto rows = at::cat(parts, 1);
  if (rows.size(0) == tasks) return rows;
  return all.index_put({at::tensor(activeIndices(pass), at::kLong).to(all.device())}, rows);
}

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

/// The update from what the pass has found of its tasks.
Gradients Engine::chained(Forward& pass, const std::vector<double>& shared,
                          const std::vector<double>& heads) const {
  takeDirections(pass);
  const auto& infos = model_.parameters().infos();
  if (pass.directions.empty()) return Gradients(infos.size());
  const at::NoGradGuard noGradients;
  Gradients gradients(infos.size());
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
  const auto weights = weightRow(pass, shared);
  if (pass.purpose == Purpose::exact && planFor(pass).way != Way::pairs) {
    exact(pass).combine(weights, gradients);
  } else {
    const auto stack = stackOf(pass.directions, 0, pass.directions.size());
    auto shape = stack.sizes().vec();
    shape[0] = 1;
    OneGradient sum(gradients);
    descend(pass, weights.mm(stack.flatten(1)).view(shape), sum);
  }
  for (size_t i = 0; i < infos.size(); ++i)
    if (gradients[i].defined()) gradients[i] = gradients[i].view(infos[i].shape);
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
         grad({pass.representation}, tensors(model::kTrunk), {direction}, false, false, true));
  return gradients;
}

}  // namespace eq::gradient
