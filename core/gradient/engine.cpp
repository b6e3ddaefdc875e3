#include "core/gradient/engine.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
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

}  // namespace

std::vector<std::int64_t> Forward::activeTasks() const {
  std::vector<std::int64_t> indices;
  for (size_t k = 0; k < active.size(); ++k)
    if (active[k]) indices.push_back(static_cast<std::int64_t>(k));
  return indices;
}

at::Tensor Forward::stack(size_t first, size_t count) const {
  return at::stack(at::TensorList(directions).slice(first, count));
}

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
      pass.losses.push_back(at::zeros({}, model_.parameters().values().options()));
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
  for (const auto k : pass.activeTasks()) {
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

at::Tensor Engine::scattered(const Forward& pass, const at::Tensor& found) const {
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (found.size(0) == tasks) return found;
  const auto places = at::tensor(pass.activeTasks(), at::kLong).to(found.device());
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
    const auto rows = pass.stack(0, pass.directions.size()).flatten(1);
    return scattered(pass, symmetrised(blockProducts(rows, rows)));
  }
  const auto plan = planFor(pass);
  pass.way = plan.way;
  return scattered(
      pass, plan.way == Way::pairs ? gramianByPairs(pass, plan.chunk) : exact(pass).gramian());
}

at::Tensor Engine::gramians(Forward& pass, const Parts& parts) const {
  takeDirections(pass);
  const auto tasks = static_cast<std::int64_t>(pass.active.size());
  if (pass.directions.empty())
    return at::zeros({std::ssize(parts), tasks, tasks},
                     pass.representation.options().dtype(at::kDouble));
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
  if (pass.directions.empty() || planFor(pass).way == Way::pairs)
    return gramian(pass, Source::exact).diagonal();
  return scattered(pass, exact(pass).squaredNorms());
}

at::Tensor Engine::crossGramian(Forward& one, Forward& other) const {
  takeDirections(one);
  takeDirections(other);
  const auto tasks = static_cast<std::int64_t>(one.active.size());
  if (one.directions.empty())
    return at::zeros({tasks, tasks}, one.representation.options().dtype(at::kDouble));
  const at::NoGradGuard noGradients;
  const auto plan = planFor(one), further = planFor(other);
  one.way = plan.way;
  const bool byPairs = plan.way == Way::pairs || further.way == Way::pairs;
  return scattered(one, byPairs ? crossByPairs(one, other, std::min(plan.chunk, further.chunk))
                                : exact(one).products(exact(other)));
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
  return all.index_put({at::tensor(pass.activeTasks(), at::kLong).to(all.device())}, rows);
}

}  // namespace eq::gradient
