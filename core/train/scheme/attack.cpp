#include "core/train/attack.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"

namespace eq::train {
namespace {

/// Of all examples, so that each has a gradient of its own.
at::Tensor attackedEntropy(const at::Tensor& logits, const at::Tensor& target) {
  if (target.is_floating_point())
    return at::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::Sum);
  return at::cross_entropy_loss(logits, target, {}, at::Reduction::Sum);
}

/// bool [N].
at::Tensor isRight(const at::Tensor& logits, const at::Tensor& target) {
  if (target.is_floating_point()) return (logits > 0) == (target > 0.5);
  return logits.argmax(1) == target;
}

/// Of one example's shape, or a number, for all.
at::Tensor perInput(const std::vector<double>& numbers, const at::Tensor& inputs) {
  const auto all = at::tensor(numbers, at::kDouble).to(inputs.options());
  return numbers.size() == 1 ? all.squeeze(0) : all.view(inputs.sizes().slice(1));
}

/// Where an attack may go, in the network's numbers.
struct Box {
  at::Tensor scale;      ///< of the inputs' own unit
  at::Tensor low, high;  ///< of each input

  Box(const at::Tensor& inputs, const metric::Attack& attack,
      const std::vector<data::InputScale>& units) {
    std::vector<double> scales{1}, offsets{0};
    const auto features =
        static_cast<size_t>(inputs.numel() / std::max<std::int64_t>(inputs.size(0), 1));
    if (units.size() == 1 || units.size() == features) {
      scales.clear(), offsets.clear();
      for (const auto& unit : units) scales.push_back(unit.scale), offsets.push_back(unit.offset);
    }
    scale = perInput(scales, inputs);
    const auto offset = perInput(offsets, inputs);
    low = inputs - attack.eps / scale;
    high = inputs + attack.eps / scale;
    // An input that lies beyond a limit is not moved to it, which may be farther than ε.
    if (attack.lowest)
      low = at::maximum(low, at::minimum(inputs, (*attack.lowest - offset) / scale));
    if (attack.highest)
      high = at::minimum(high, at::maximum(inputs, (*attack.highest - offset) / scale));
  }

  at::Tensor projected(const at::Tensor& moved) const {
    return at::minimum(at::maximum(moved, low), high);
  }
};

}  // namespace

Attacked attacked(const at::Tensor& inputs, const at::Tensor& target, const metric::Attack& attack,
                  const std::function<at::Tensor(const at::Tensor& inputs)>& logits,
                  std::uint64_t seed, const std::vector<data::InputScale>& units) {
  auto generator = model::generatorOn(inputs.device(), seed);
  const auto start = inputs.detach();
  const Box box(start, attack, units);
  const auto draws = at::empty_like(start).uniform_(-attack.eps, attack.eps, generator);
  auto moved = box.projected(start + draws / box.scale);
  const auto count = target.options().dtype(at::kLong);
  auto stands = at::ones({inputs.size(0)}, count.dtype(at::kBool));
  auto steps = at::zeros({inputs.size(0)}, count);
  const at::AutoGradMode graph(true);
  for (std::int64_t step = 0; step < attack.steps; ++step) {
    const auto place = moved.detach().requires_grad_(true);
    const auto found = logits(place);
    const auto uphill =
        torch::autograd::grad({attackedEntropy(found, target)}, {place}).front().detach();
    stands = stands & isRight(found.detach(), target);
    steps = steps + stands;
    moved = box.projected(place.detach() + uphill.sign() * attack.stepSize / box.scale);
  }
  return {moved, steps};
}

at::Tensor taskLogits(const RunParts& parts, size_t task, const at::Tensor& inputs) {
  std::vector<char> wanted(parts.tasks.size(), 0);
  wanted[task] = 1;
  model::Pass pass;
  pass.active = &wanted;
  pass.at = parts.ofPass();
  const auto found = parts.model->represent(asRead(parts, inputs), pass);
  data::Split plain;
  plain.targets.resize(parts.problem.tasks.size());
  const auto& runtime = parts.tasks[task];
  return runtime.loss().decode(
      runtime.batch(plain, {}, parts.model->head(task, parts.model->readBy(task, found), pass)));
}

Attacked attackedTask(const RunParts& parts, size_t task, const at::Tensor& inputs,
                      const at::Tensor& target, const metric::Attack& attack, std::uint64_t seed) {
  const auto logits = [&](const at::Tensor& place) {
    auto found = taskLogits(parts, task, place);
    if (!found.defined())
      fail(
          "tasks[{}].loss: an attack needs logits of classes, which the head of {} does not make "
          "for this loss; choose another one, or leave the task out of scheme.tasks",
          task, parts.tasks[task].info().name);
    return found;
  };
  return attacked(inputs, target, attack, logits, seed, parts.problem.inputs);
}

}  // namespace eq::train
