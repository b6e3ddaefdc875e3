#include "core/train/structure.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/error.h"

namespace eq::train {
namespace {

std::unique_ptr<model::Model> modelWith(const RunParts& parts, const nlohmann::json& structure) {
  auto network = makeModel(parts.experiment, parts.problem, parts.tasks, structure);
  if (network->structure() != structure)
    fail("checkpoint: {} cannot go on with the structure {}", parts.experiment.model.id,
         structure.dump());
  network->to(parts.device);
  return network;
}

/// Puts a model and its optimizer into the run, with all that is made for a model.
void exchange(RunParts& parts, std::unique_ptr<model::Model> network,
              std::unique_ptr<Optimizer> optimizer) {
  auto divided = trunkParts(parts.experiment, *network);
  auto balancer = makeBalancer(parts.experiment, parts.tasks, divided, *network);
  // What is kept of rows of J is of other columns.
  balancer->takeOver(*parts.balancer, !balancer->needs().rowNumbers, /*gradient=*/false);
  Schemes schemes(parts.experiment, parts.tasks, parts.problem);
  schemes.takeOver(parts.schemes, /*how=*/false);
  parts.optimizer = std::move(optimizer);
  parts.engine = makeEngine(parts.experiment, *network);
  parts.model = std::move(network);
  parts.balancer = std::move(balancer);
  parts.parts = std::move(divided);
  parts.schemes = std::move(schemes);
  parts.best.structureChanged();
}

}  // namespace

void projectParameters(RunParts& parts, const gradient::Gradients& gradients,
                       const at::Tensor& skip) {
  const at::NoGradGuard noGradients;
  const auto applied = skip == 0;
  const auto& infos = parts.model->parameters().infos();
  for (const auto& [parameter, where] : parts.model->afterStep(parts.ofPass())) {
    const auto owner = infos[parameter].block.owner;
    const bool frozen = owner >= 0 && parts.frozen[static_cast<size_t>(owner)];
    if (frozen || !gradients[parameter].defined()) continue;
    const auto cleared = where.logical_and(applied);
    parts.model->parameters().tensor(parameter).masked_fill_(cleared, 0);
    parts.optimizer->clearMoments(parameter, cleared);
  }
}

std::vector<EventRecord> restructure(RunParts& parts) {
  const auto probe = [&](std::int64_t count) {
    const auto& inputs = parts.problem.train.inputs;
    return inputs.narrow(0, 0, std::min(count, inputs.size(0)));
  };
  const auto due = parts.model->due(parts.ofPass(), probe);
  if (!due) return {};
  try {
    auto next = modelWith(parts, *due);
    next->takeOver(*parts.model);
    auto optimizer = makeOptimizer(parts.experiment, *next);
    optimizer->goOnFrom(*parts.optimizer, next->origins());
    exchange(parts, std::move(next), std::move(optimizer));
  } catch (const Error& error) {
    throw Error(fmt::format("the model is to go on as {}, and then {}; fork the run before this "
                            "step with another method, or keep the model from changing",
                            due->dump(), error.what()),
                ErrorKind::failure);
  }
  EventRecord event;
  event.step = parts.progress.steps;
  event.kind = "structure";
  event.text = fmt::format("{} goes on as {}", parts.experiment.model.id, due->dump());
  event.detail = *due;
  return {event};
}

void beginWith(RunParts& parts, const nlohmann::json& structure) {
  auto network = modelWith(parts, structure);
  auto optimizer = makeOptimizer(parts.experiment, *network);
  exchange(parts, std::move(network), std::move(optimizer));
}

}  // namespace eq::train
