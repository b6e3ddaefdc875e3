#include "core/train/probe/probe_state.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/train/passes.h"

namespace eq::train {

at::Tensor logProbabilities(const at::Tensor& logits) {
  const auto wide = logits.to(at::kDouble);
  if (wide.dim() == 1) return at::stack({at::log_sigmoid(-wide), at::log_sigmoid(wide)}, 1);
  return at::log_softmax(wide, 1);
}

namespace {

at::Tensor meanEntropyOf(const at::Tensor& logits) {
  const auto logP = logProbabilities(logits);
  return -(logP.exp() * logP).sum(1).mean();
}

}  // namespace

ParameterProbe::State::State(const Experiment& experiment, data::Problem problem)
    : parts(experiment, std::move(problem), false) {
  for (const auto& task : parts.tasks) infos.push_back(task.info());
  const auto& parameters = parts.model->parameters();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    if (parameters.tensor(i).requires_grad()) {
      leaves.push_back(parameters.tensor(i));
      names.push_back(parameters.infos()[i].name);
    }
}

std::vector<at::Tensor> ParameterProbe::State::represented(size_t task,
                                                           const at::Tensor& inputs) const {
  const model::Pass pass{.views = parts.tasks[task].readsViews()};
  const auto seen = withViews(parts.problem, inputs, pass.views, seedOfViews(parts.experiment));
  return parts.model->readBy(task, parts.model->represent(seen, pass));
}

model::HeadOutput ParameterProbe::State::headOf(size_t task,
                                                const std::vector<at::Tensor>& read) const {
  return parts.model->head(task, read, {.views = parts.tasks[task].readsViews()});
}

loss::Batch ParameterProbe::State::batchOf(size_t task, const at::Tensor& rows) const {
  const auto chosen = rows.to(parts.device);
  const auto& split = parts.problem.validation;
  return parts.tasks[task].batch(
      split, chosen, headOf(task, represented(task, split.inputs.index_select(0, chosen))));
}

at::Tensor ParameterProbe::State::decoded(size_t task, const loss::Batch& batch) const {
  const auto found = parts.tasks[task].loss().decode(batch);
  if (!found.defined()) fail("the loss of {} makes predictions of another kind", infos[task].name);
  return found;
}

at::Tensor ParameterProbe::State::objectiveOf(Objective objective, size_t task,
                                              const at::Tensor& rows) const {
  const auto batch = batchOf(task, rows);
  if (objective == Objective::loss) return parts.tasks[task].loss().evaluate(batch).value;
  if (!hasClasses(infos[task].kind)) fail("{}: has no classes, so no entropy", infos[task].name);
  return meanEntropyOf(decoded(task, batch));
}

std::vector<at::Tensor> ParameterProbe::State::gradientsOf(const at::Tensor& value,
                                                           bool again) const {
  return torch::autograd::grad({value}, leaves, {}, again, false, true);
}

NamedTensors ParameterProbe::State::named(const std::vector<at::Tensor>& tensors) const {
  NamedTensors all;
  for (size_t i = 0; i < names.size(); ++i) all[names[i]] = tensors[i].to(at::kCPU);
  return all;
}

std::vector<at::Tensor> ParameterProbe::State::zeros() const {
  std::vector<at::Tensor> all;
  for (const auto& leaf : leaves) all.push_back(at::zeros_like(leaf, at::kDouble));
  return all;
}

}  // namespace eq::train
