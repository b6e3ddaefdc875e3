#include "core/train/description.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include "core/loss/weights/wrapper.h"
#include "core/model/observations.h"
#include "core/train/passes.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// One example through the model, for what it counts and what it records. What is recorded of the
/// losses' gradients is so of any loss.
void passOne(const RunParts& parts, model::Pass pass) {
  const bool looks = pass.seen && parts.model->feedsBack();
  const at::AutoGradMode graph(looks);
  pass.at = parts.ofPass();
  auto shape = parts.problem.inputShape;
  shape.insert(shape.begin(), 1);
  const auto& network = *parts.model;
  const auto inputs = asRead(parts, at::zeros(shape, network.parameters().values().options()));
  const auto found = network.represent(inputs, pass);
  for (size_t k = 0; k < network.taskCount(); ++k) {
    const auto read = network.readBy(k, found);
    const auto output = network.head(k, read, pass);
    if (looks) network.surrogate(k, read, output, output.prediction.sum(), pass);
    if (pass.seen && !output.earlier.empty())
      pass.seen->add(kLossAtPlaces, static_cast<std::int64_t>(k), {},
                     at::zeros({std::ssize(output.earlier) + 1}));
    if (pass.seen && dynamic_cast<const loss::Wrapper*>(&parts.tasks[k].loss()))
      pass.seen->add(loss::kEffectiveSampleSize, static_cast<std::int64_t>(k), {}, at::zeros({}));
  }
  network.penalise(pass);
}

std::int64_t multiplyAddsOf(const RunParts& parts) {
  std::int64_t count = 0;
  model::Pass pass;
  pass.multiplyAdds = &count;
  passOne(parts, pass);
  return count;
}

/// Names of what a run records of the model, "gate.left".
json seriesOf(const RunParts& parts) {
  model::Observations seen;
  model::Pass pass;
  pass.seen = &seen;
  passOne(parts, pass);
  std::vector<std::string> tasks;
  for (const auto& task : parts.tasks) tasks.push_back(task.info().name);
  auto names = json::array();
  for (const auto& one : seen.all())
    names.push_back(observationName({one.name, one.task, one.place}, tasks));
  return names;
}

/// "shared", or the names of the tasks.
json ownerOf(const RunParts& parts, model::Owner owner) {
  if (owner == model::kTrunk) return "shared";
  auto names = json::array();
  const auto reach = parts.model->reach(owner);
  for (size_t k = 0; k < reach.size(); ++k)
    if (reach[k]) names.push_back(parts.tasks[k].info().name);
  return names;
}

json parametersOf(const RunParts& parts) {
  auto list = json::array();
  const auto& parameters = parts.trained();
  for (const auto index : parameters.order()) {
    const auto& info = parameters.infos()[index];
    list.push_back({{"name", info.name},
                    {"shape", info.shape},
                    {"owner", ownerOf(parts, info.block.owner)},
                    {"trainable", info.block.trainable},
                    {"architecture", info.architecture}});
  }
  return list;
}

json groupsOf(const RunParts& parts) {
  auto list = json::array();
  for (size_t i = 0; i < parts.model->groups().size(); ++i) {
    const auto owner = model::kTrunk - 1 - static_cast<model::Owner>(i);
    list.push_back({{"tasks", ownerOf(parts, owner)}, {"count", parts.trained().count(owner)}});
  }
  return list;
}

}  // namespace

json describe(const RunParts& parts) {
  const auto& parameters = parts.trained();
  auto own = json::object();
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    own[parts.tasks[k].info().name] = parameters.count(static_cast<std::int64_t>(k));
  return {{"parameters", parametersOf(parts)},
          {"total", parameters.values().numel()},
          {"shared", parameters.count(model::kTrunk)},
          {"per_task", own},
          {"groups", groupsOf(parts)},
          {"not_trainable", parameters.values().numel() - parameters.trained().size()},
          {"flops_per_example", 2 * multiplyAddsOf(parts)},
          {"series", seriesOf(parts)},
          {"frontier", parts.model->frontier()}};
}

}  // namespace eq::train
