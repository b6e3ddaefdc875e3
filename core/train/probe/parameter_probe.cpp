#include "core/train/probe/parameter_probe.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/train/probe/probe_state.h"
#include "core/train/trainer.h"

namespace eq::train {
ParameterProbe::ParameterProbe(const Experiment& experiment)
    : state_(std::make_unique<State>(experiment, loadProblem(experiment))) {
  if (examples() == 0) fail("there are no validation examples, and they are what is read");
}
ParameterProbe::ParameterProbe(const Experiment& experiment, const ParameterProbe& data)
    : state_(std::make_unique<State>(experiment, data.state_->parts.problem)) {}
ParameterProbe::~ParameterProbe() = default;

void ParameterProbe::set(const NamedTensors& parameters) {
  const at::NoGradGuard noGradients;
  const auto& buffer = state_->parts.model->parameters();
  for (size_t i = 0; i < buffer.infos().size(); ++i) {
    const auto found = parameters.find(buffer.infos()[i].name);
    if (found == parameters.end() || found->second.sizes() != buffer.tensor(i).sizes())
      fail("parameter {} is missing or has another shape", buffer.infos()[i].name);
    buffer.tensor(i).copy_(found->second);
  }
}

NamedTensors ParameterProbe::secondMoments(const Snapshot& snapshot) const {
  const auto& buffer = state_->parts.model->parameters();
  const auto squares = snapshot.tensors.find("optimizer.square");
  if (squares == snapshot.tensors.end())
    fail("the checkpoint has no moments of Adam; it was trained by {}",
         snapshot.meta.at("experiment").at("optimizer").at("id").get<std::string>());
  if (squares->second.numel() != buffer.trained().size())
    fail("the checkpoint has moments of {} numbers, and the model trains {}",
         squares->second.numel(), buffer.trained().size());
  const double decay = snapshot.meta.at("experiment").at("optimizer").value("beta2", 0.999);
  NamedTensors moments;
  for (const auto& info : buffer.infos()) {
    if (!info.block.trainable) continue;
    const auto steps = snapshot.tensors.at("optimizer.steps." + info.block.name).item<double>();
    const double bias = 1 - std::pow(decay, steps);
    const auto part = squares->second.narrow(0, info.offset, info.count).view(info.shape);
    moments[info.name] = part.to(at::kDouble) / (steps > 0 ? bias : 1);
  }
  return moments;
}

std::int64_t ParameterProbe::examples() const {
  return state_->parts.problem.validation.size();
}

const std::vector<TaskInfo>& ParameterProbe::tasks() const {
  return state_->infos;
}

ParameterProbe::Found ParameterProbe::gradients(Objective objective,
                                                const std::vector<at::Tensor>& rows,
                                                const std::vector<double>& factors) const {
  const at::AutoGradMode graph(true);
  Found found;
  auto sums = state_->zeros();
  for (size_t t = 0; t < rows.size(); ++t) {
    if (!rows[t].defined()) continue;
    const auto value = factors.at(t) * state_->objectiveOf(objective, t, rows[t]);
    found.value += value.item<double>();
    const auto gradients = state_->gradientsOf(value, false);
    for (size_t i = 0; i < sums.size(); ++i)
      if (gradients[i].defined()) sums[i] += gradients[i].detach();
  }
  found.gradients = state_->named(sums);
  return found;
}

}  // namespace eq::train
