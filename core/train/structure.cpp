#include "core/train/structure.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <fmt/ranges.h>

#include "core/base/error.h"

namespace eq::train {
namespace {

std::unique_ptr<model::Model> modelWith(const RunParts& parts, const nlohmann::json& structure) {
  auto network = makeModel(parts.experiment, parts.problem, parts.tasks, structure, parts.released);
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

/// \param what for messages: "the model is to go on as ...".
void goOnWith(RunParts& parts, const nlohmann::json& structure, const std::string& what) {
  try {
    auto next = modelWith(parts, structure);
    next->takeOver(*parts.model);
    auto optimizer = makeOptimizer(parts.experiment, *next);
    optimizer->goOnFrom(*parts.optimizer, next->origins());
    exchange(parts, std::move(next), std::move(optimizer));
  } catch (const Error& error) {
    throw Error(fmt::format("{}, and then {}; fork the run before this step with another method, "
                            "or keep the model from changing",
                            what, error.what()),
                ErrorKind::failure);
  }
}

EventRecord structureEvent(const RunParts& parts, std::string text, nlohmann::json detail) {
  EventRecord event;
  event.step = parts.progress.steps;
  event.kind = "structure";
  event.text = std::move(text);
  event.detail = std::move(detail);
  return event;
}

/// What was frozen until now is trained from now on.
std::vector<EventRecord> release(RunParts& parts) {
  const auto& init = parts.experiment.init;
  const bool isDue = !init.freeze.empty() && !parts.released && init.freezeSteps &&
                     parts.progress.steps >= *init.freezeSteps;
  if (!isDue) return {};
  parts.released = true;
  goOnWith(parts, parts.model->structure(), "what init.freeze names is to be trained");
  return {structureEvent(parts,
                         fmt::format("{} trained from here on", fmt::join(init.freeze, ", ")),
                         {{"released", init.freeze}})};
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
  auto events = release(parts);
  const auto probe = [&](std::int64_t count) {
    const auto& inputs = parts.problem.train.inputs;
    return inputs.narrow(0, 0, std::min(count, inputs.size(0)));
  };
  const auto due = parts.model->due(parts.ofPass(), probe);
  if (!due) return events;
  goOnWith(parts, *due, fmt::format("the model is to go on as {}", due->dump()));
  events.push_back(structureEvent(
      parts, fmt::format("{} goes on as {}", parts.experiment.model.id, due->dump()), *due));
  return events;
}

void beginWith(RunParts& parts, const nlohmann::json& structure, bool released) {
  parts.released = released;
  auto network = modelWith(parts, structure);
  auto optimizer = makeOptimizer(parts.experiment, *network);
  exchange(parts, std::move(network), std::move(optimizer));
}

}  // namespace eq::train
