#include "core/gradient/engine.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/gradient/products.h"

namespace eq::gradient {
namespace {

/// Numbers of one task's gradients in the maps of a tape.
struct Held {
  double neighbours = 0;  ///< most that are there at one time
  double kept = 0;        ///< of layers with parameters, should all be kept
};

/// \param beside what is there all the while: gradients that wait where branches meet.
void addHeld(const model::Tape& tape, double beside, Held& held) {
  double below = 0;
  for (const auto& trace : tape) {
    const auto elements = static_cast<double>(trace.elements);
    held.neighbours = std::max(held.neighbours, beside + below + elements);
    below = elements;
    for (const auto& inner : trace.inner) addHeld(inner, beside + elements, held);
    if (trace.inner.empty() && !trace.layer->parameters().empty()) held.kept += elements;
  }
}

}  // namespace

Engine::Plan Engine::planFor(const Forward& pass) const {
  const auto size = static_cast<double>(model_.parameters().values().element_size());
  const auto count = pass.activeTasks().size();
  const auto tasks = static_cast<double>(count);
  const auto parameters = static_cast<double>(model_.parameters().columns().size());
  Held held;
  addHeld(pass.tape, 0, held);
  const auto [neighbours, kept] = held;
  const double room = options_.memory * 1e6 / size;
  if (tasks * (neighbours + kept + parameters) <= room) return {Way::stacked, count};
  const auto fitting = [&](double left, double one) {
    return static_cast<size_t>(
        std::clamp(left / std::max(one, 1.0), 1.0, std::max(tasks - 1, 1.0)));
  };
  if (tasks * parameters + neighbours + kept <= room)
    return {Way::chunked, fitting(room - tasks * parameters, neighbours + kept)};
  return {Way::pairs, fitting(room, neighbours + kept + 2 * parameters)};
}

/// \param losses how many there are.
void Engine::descend(const Forward& pass, std::vector<model::Stack> stacks, size_t losses,
                     model::ParameterSink& sink) const {
  if (!model_.goesBackByTraces()) return descendByAutograd(pass, stacks, losses, sink);
  const at::NoGradGuard noGradients;
  model_.back(pass.tape, std::move(stacks), sink, options_.kernels);
}

void Engine::descendByAutograd(const Forward& pass, const std::vector<model::Stack>& stacks,
                               size_t losses, model::ParameterSink& sink) const {
  const auto indices = model_.parameters().columnIndices();
  const auto inputs = tensors(indices);
  std::vector<torch::autograd::variable_list> rows(inputs.size());
  std::vector<char> reached(inputs.size());
  std::vector<std::int64_t> all(losses);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  for (const auto loss : all) {
    torch::autograd::variable_list outputs, seeds, found(inputs.size());
    for (size_t i = 0; i < stacks.size(); ++i)
      for (std::int64_t row = 0; row < std::ssize(stacks[i].losses); ++row)
        if (stacks[i].losses[static_cast<size_t>(row)] == loss) {
          outputs.push_back(pass.representations[i]);
          seeds.push_back(stacks[i].gradients[row]);
        }
    if (!outputs.empty())
      found = torch::autograd::grad(outputs, inputs, seeds, /*retain_graph=*/true,
                                    /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < inputs.size(); ++i) {
      reached[i] |= found[i].defined();
      rows[i].push_back(found[i].defined() ? found[i] : at::zeros_like(inputs[i]).detach());
    }
  }
  sink.losses(all);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (reached[i]) sink.formed(indices[i], at::stack(rows[i]));
}

std::shared_ptr<TaskGradients> Engine::gradientsOf(const Forward& pass, size_t first, size_t count,
                                                   Form form) const {
  auto found = std::make_shared<TaskGradients>(static_cast<std::int64_t>(count), form,
                                               model_.uses(), numbers());
  descend(pass, pass.stacks(first, count), count, *found);
  return found;
}

const TaskGradients& Engine::exact(Forward& pass) const {
  if (pass.gradients) return *pass.gradients;
  const auto plan = planFor(pass);
  pass.way = plan.way;
  const auto tasks = pass.activeTasks().size();
  if (plan.way == Way::stacked) {
    pass.gradients = gradientsOf(pass, 0, tasks, options_.form);
    return *pass.gradients;
  }
  pass.gradients = std::make_shared<TaskGradients>(static_cast<std::int64_t>(tasks), Form::formed,
                                                   model_.uses(), numbers());
  for (size_t first = 0; first < tasks; first += plan.chunk) {
    pass.gradients->beginAt(static_cast<std::int64_t>(first));
    const auto count = std::min(plan.chunk, tasks - first);
    descend(pass, pass.stacks(first, count), count, *pass.gradients);
  }
  return *pass.gradients;
}

at::Tensor Engine::gramianByPairs(const Forward& pass, size_t chunk) const {
  const Parts whole{model_.parameters().columnIndices()};
  return symmetrised(gramiansByPairs(pass, chunk, whole)[0]);
}

at::Tensor Engine::gramiansByPairs(const Forward& pass, size_t chunk, const Parts& parts) const {
  const auto tasks = pass.activeTasks().size();
  const auto total = static_cast<std::int64_t>(tasks);
  auto all = zeros({std::ssize(parts), total, total}).to(at::kDouble);
  const auto at = [](size_t k) { return static_cast<std::int64_t>(k); };
  for (size_t a = 0; a < tasks; a += chunk) {
    const auto rows = gradientsOf(pass, a, std::min(chunk, tasks - a), Form::formed);
    for (size_t b = a; b < tasks; b += chunk) {
      const auto other =
          b == a ? rows : gradientsOf(pass, b, std::min(chunk, tasks - b), Form::formed);
      for (size_t i = 0; i < parts.size(); ++i) {
        const auto part = rows->products(*other, parts[i]);
        const auto gramian = all[at(i)];
        gramian.narrow(0, at(a), part.size(0)).narrow(1, at(b), part.size(1)).copy_(part);
        if (b != a)
          gramian.narrow(0, at(b), part.size(1)).narrow(1, at(a), part.size(0)).copy_(part.t());
      }
    }
  }
  return all;
}

at::Tensor Engine::crossByPairs(const Forward& one, const Forward& other, size_t chunk,
                                const Parts& parts) const {
  const auto tasks = one.activeTasks().size();
  const auto total = static_cast<std::int64_t>(tasks);
  auto all = zeros({std::ssize(parts), total, total}).to(at::kDouble);
  for (size_t a = 0; a < tasks; a += chunk) {
    const auto rows = gradientsOf(one, a, std::min(chunk, tasks - a), Form::formed);
    for (size_t b = 0; b < tasks; b += chunk) {
      const auto columns = gradientsOf(other, b, std::min(chunk, tasks - b), Form::formed);
      for (size_t i = 0; i < parts.size(); ++i) {
        const auto part = rows->products(*columns, parts[i]);
        all[static_cast<std::int64_t>(i)]
            .narrow(0, static_cast<std::int64_t>(a), part.size(0))
            .narrow(1, static_cast<std::int64_t>(b), part.size(1))
            .copy_(part);
      }
    }
  }
  return all;
}

}  // namespace eq::gradient
