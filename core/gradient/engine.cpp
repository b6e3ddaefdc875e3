#include "core/gradient/engine.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_put.h>
#include <ATen/ops/ones_like.h>
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

}  // namespace

std::vector<std::int64_t> Forward::activeTasks() const {
  std::vector<std::int64_t> indices;
  for (size_t k = 0; k < active.size(); ++k)
    if (active[k]) indices.push_back(static_cast<std::int64_t>(k));
  return indices;
}

std::vector<model::Stack> Forward::stacks(size_t first, size_t count) const {
  std::vector<model::Stack> stacks(representations.size());
  std::vector<std::vector<at::Tensor>> directions(representations.size());
  for (const auto& reading : readings) {
    if (reading.position < first || reading.position >= first + count) continue;
    stacks[reading.place].losses.push_back(static_cast<std::int64_t>(reading.position - first));
    directions[reading.place].push_back(reading.direction);
  }
  for (size_t i = 0; i < stacks.size(); ++i)
    if (!directions[i].empty()) stacks[i].gradients = at::stack(directions[i]);
  return stacks;
}

std::vector<at::Tensor> Engine::tensors(const std::vector<size_t>& indices) const {
  std::vector<at::Tensor> tensors;
  for (const auto index : indices) tensors.push_back(model_.parameters().tensor(index));
  return tensors;
}

at::Tensor Engine::zeros(at::IntArrayRef shape) const {
  return at::zeros(shape, numbers());
}

Forward Engine::forward(const at::Tensor& inputs, const LossOf& lossOf, std::vector<char> active,
                        Purpose purpose, bool views, const Beside& beside) const {
  Forward pass;
  pass.active = std::move(active);
  pass.purpose = purpose;
  const bool apart = purpose == Purpose::exact || purpose == Purpose::representation;
  const bool traced = purpose != Purpose::sum && model_.goesBackByTraces();
  {
    const bool hasGraph = !(apart && traced);
    const at::AutoGradMode graph(hasGraph);
    pass.representations =
        model_.represent(inputs, {true, traced ? &pass.tape : nullptr, views, nullptr, &pass.active,
                                  beside.seen, hasGraph ? beside.penalties : nullptr, beside.at});
  }
  const model::Pass training{true,        nullptr,          views,    nullptr, nullptr,
                             beside.seen, beside.penalties, beside.at};
  const bool columns = model_.parameters().columns().size() > 0;
  // A view passes the gradient on as it is: the sum over tasks keeps its bits.
  const auto copyOf = [&](const at::Tensor& z) {
    if (purpose == Purpose::sum || z.is_same(inputs) || !columns || model_.ownsBelow()) return z;
    return apart ? z.detach().requires_grad_() : z.view(z.sizes());
  };
  size_t position = 0;
  for (size_t k = 0; k < pass.active.size(); ++k) {
    if (!pass.active[k]) {
      pass.losses.push_back(zeros({}));
      continue;
    }
    std::vector<at::Tensor> read;
    for (const auto place : model_.reads()[k]) {
      const auto& z = pass.representations.at(place);
      read.push_back(copyOf(z));
      if (!read.back().is_same(z)) pass.readings.push_back({position, place, read.back()});
    }
    const auto output = model_.head(k, read, training);
    pass.losses.push_back(model_.surrogate(k, read, output, lossOf(k, output), training));
    ++position;
  }
  if (purpose != Purpose::sum && columns && model_.ownsBelow()) readLosses(pass);
  model_.penalise(training);
  return pass;
}

void Engine::readLosses(Forward& pass) const {
  pass.representations.clear();
  for (const auto k : pass.activeTasks()) {
    const auto place = pass.representations.size();
    const auto loss = pass.losses[static_cast<size_t>(k)].reshape({1});
    pass.representations.push_back(loss);
    pass.readings.push_back({place, place, loss.detach(), at::ones_like(loss)});
  }
}

void Engine::takeDirections(Forward& pass) const {
  if (!pass.own.empty()) return;
  pass.own.resize(model_.parameters().infos().size());
  const bool shown = pass.purpose == Purpose::sumShown;
  const auto open = model_.ownsBelow() ? 0 : pass.readings.size();
  variable_list losses, inputs;
  for (size_t i = 0; i < open; ++i) inputs.push_back(pass.readings[i].copy);
  std::vector<size_t> indices;
  for (const auto k : pass.activeTasks()) {
    losses.push_back(pass.losses[static_cast<size_t>(k)]);
    if (shown) continue;
    for (const auto index : model_.parameters().indices(k)) {
      indices.push_back(index);
      inputs.push_back(model_.parameters().tensor(index));
    }
  }
  if (inputs.empty()) return;
  const auto found = grad(losses, inputs, {}, /*retain_graph=*/shown || model_.ownsBelow(),
                          /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0; i < open; ++i)
    pass.readings[i].direction =
        found[i].defined() ? found[i] : at::zeros_like(pass.readings[i].copy);
  for (size_t i = 0; i < indices.size(); ++i) pass.own[indices[i]] = found[open + i];
}

at::Tensor Engine::scattered(const Forward& pass, const at::Tensor& found) const {
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (found.size(0) == tasks) return found;
  const auto places = at::tensor(pass.activeTasks(), at::kLong).to(found.device());
  auto all = at::zeros(std::vector<std::int64_t>(static_cast<size_t>(found.dim()), tasks),
                       found.options());
  if (found.dim() == 1) return all.index_put({places}, found);
  return all.index_put({places.unsqueeze(1), places.unsqueeze(0)}, found);
}

/// Σ_t ⟨∂L_i/∂T_t, ∂L_j/∂T_t⟩ of the active tasks.
at::Tensor Engine::representationGramian(const Forward& pass) const {
  const auto tasks = pass.activeTasks().size();
  at::Tensor total;
  for (const auto& [losses, gradients] : pass.stacks(0, tasks)) {
    if (!gradients.defined()) continue;
    const auto rows = gradients.flatten(1);
    const auto part = spread(blockProducts(rows, rows), losses, losses,
                             {static_cast<std::int64_t>(tasks), static_cast<std::int64_t>(tasks)});
    total = total.defined() ? total.add_(part) : part;
  }
  return symmetrised(total);
}

at::Tensor Engine::gramian(Forward& pass, Source source) const {
  takeDirections(pass);
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (pass.readings.empty()) return zeros({tasks, tasks}).to(at::kDouble);
  const at::NoGradGuard noGradients;
  if (source == Source::representation) return scattered(pass, representationGramian(pass));
  const auto plan = planFor(pass);
  pass.way = plan.way;
  return scattered(
      pass, plan.way == Way::pairs ? gramianByPairs(pass, plan.chunk) : exact(pass).gramian());
}

at::Tensor Engine::gramians(Forward& pass, const Parts& parts) const {
  takeDirections(pass);
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (pass.readings.empty()) return zeros({std::ssize(parts), tasks, tasks}).to(at::kDouble);
  const at::NoGradGuard noGradients;
  const auto plan = planFor(pass);
  pass.way = plan.way;
  std::vector<at::Tensor> all;
  if (plan.way == Way::pairs) {
    const auto found = gramiansByPairs(pass, plan.chunk, parts);
    for (std::int64_t i = 0; i < found.size(0); ++i)
      all.push_back(scattered(pass, symmetrised(found[i])));
  } else {
    const auto& found = exact(pass);
    for (const auto& part : parts)
      all.push_back(scattered(pass, symmetrised(found.products(found, part))));
  }
  return at::stack(all);
}

at::Tensor Engine::squaredNorms(Forward& pass) const {
  takeDirections(pass);
  if (pass.readings.empty() || planFor(pass).way == Way::pairs)
    return gramian(pass, Source::exact).diagonal();
  return scattered(pass, exact(pass).squaredNorms());
}

at::Tensor Engine::crossGramian(Forward& one, Forward& other) const {
  return crossGramians(one, other, {model_.parameters().columnIndices()})[0];
}

at::Tensor Engine::crossGramians(Forward& one, Forward& other, const Parts& parts) const {
  takeDirections(one);
  takeDirections(other);
  const auto tasks = static_cast<std::int64_t>(one.active.size());
  if (one.readings.empty()) return zeros({std::ssize(parts), tasks, tasks}).to(at::kDouble);
  const at::NoGradGuard noGradients;
  const auto plan = planFor(one), further = planFor(other);
  one.way = plan.way;
  const bool byPairs = plan.way == Way::pairs || further.way == Way::pairs;
  const auto found =
      byPairs ? crossByPairs(one, other, std::min(plan.chunk, further.chunk), parts) : at::Tensor();
  std::vector<at::Tensor> all;
  for (size_t i = 0; i < parts.size(); ++i)
    all.push_back(scattered(one, byPairs ? found[static_cast<std::int64_t>(i)]
                                         : exact(one).products(exact(other), parts[i])));
  return at::stack(all);
}

at::Tensor Engine::jacobian(Forward& pass) const {
  takeDirections(pass);
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  auto all = zeros({tasks, model_.parameters().columns().size()});
  if (pass.readings.empty()) return all;
  const auto active = std::ssize(pass.activeTasks());
  std::vector<at::Tensor> parts;
  for (const auto index : model_.parameters().columnIndices()) {
    auto rows = exact(pass).rows(index);
    if (!rows.defined()) rows = zeros({active, model_.parameters().infos()[index].count});
    parts.push_back(rows);
  }
  const auto rows = at::cat(parts, 1);
  if (rows.size(0) == tasks) return rows;
  return all.index_put({at::tensor(pass.activeTasks(), at::kLong).to(all.device())}, rows);
}

}  // namespace eq::gradient
