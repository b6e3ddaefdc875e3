#include "core/train/description.h"

#include <algorithm>
#include <utility>
#include <vector>

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
  const auto wanted = [&pass](size_t task) { return !pass.active || (*pass.active)[task] != 0; };
  const bool looks = pass.seen && parts.model->feedsBack();
  const at::AutoGradMode graph(looks);
  pass.at = parts.ofPass();
  auto shape = parts.problem.inputShape;
  shape.insert(shape.begin(), 1);
  const auto& network = *parts.model;
  const auto inputs = asRead(parts, at::zeros(shape, network.parameters().values().options()));
  const auto found = network.represent(inputs, pass);
  for (size_t k = 0; k < network.taskCount(); ++k) {
    if (!wanted(k)) continue;
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

/// FLOPs of one example for these tasks. \param active [K].
std::int64_t flopsOf(const RunParts& parts, const std::vector<char>& active) {
  std::int64_t multiplyAdds = 0;
  model::Pass pass;
  pass.multiplyAdds = &multiplyAdds;
  pass.active = &active;
  if (std::count(active.begin(), active.end(), 0) < std::ssize(active)) passOne(parts, pass);
  return 2 * multiplyAdds;
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

/// An owner of parameters, or who alone needs a part of the operations.
struct OwnedPart {
  model::Owner owner;
  std::vector<char> tasks;  ///< [K]
  std::int64_t flops = 0;
};

bool isWithin(const std::vector<char>& few, const std::vector<char>& many) {
  return std::equal(few.begin(), few.end(), many.begin(), [](char a, char b) { return a <= b; });
}

/// The tasks together first, then groups, then each alone: who needs an operation is the smallest
/// of them without whose tasks it is not done.
std::vector<OwnedPart> ownedParts(const RunParts& parts, std::int64_t total) {
  const auto tasks = std::ssize(parts.tasks);
  std::vector<OwnedPart> all;
  for (auto owner = -1 - std::ssize(parts.model->groups()); owner < tasks; ++owner)
    if (owner != model::kTrunk) all.push_back({owner, parts.model->reach(owner)});
  const auto sizeOf = [](const OwnedPart& one) {
    return std::count(one.tasks.begin(), one.tasks.end(), 1);
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const OwnedPart& a, const OwnedPart& b) { return sizeOf(a) < sizeOf(b); });
  auto shared = total;
  for (size_t i = 0; i < all.size(); ++i) {
    auto others = all[i].tasks;
    for (auto& other : others) other = static_cast<char>(other == 0);
    all[i].flops = total - flopsOf(parts, others);
    for (size_t j = 0; j < i; ++j)
      if (isWithin(all[j].tasks, all[i].tasks)) all[i].flops -= all[j].flops;
    shared -= all[i].flops;
  }
  all.push_back({model::kTrunk, std::vector<char>(static_cast<size_t>(tasks), 1), shared});
  std::stable_sort(all.begin(), all.end(), [&](const OwnedPart& a, const OwnedPart& b) {
    return std::pair(-sizeOf(a), a.owner) < std::pair(-sizeOf(b), b.owner);
  });
  return all;
}

/// The layers of an owner as they lie in the buffer.
json layersOf(const model::ParameterBuffer& parameters, model::Owner owner) {
  auto layers = json::array();
  for (const auto index : parameters.order()) {
    const auto& info = parameters.infos()[index];
    if (info.block.owner != owner) continue;
    const auto name = info.name.substr(0, info.name.rfind('.'));
    if (layers.empty() || layers.back()["name"] != name)
      layers.push_back({{"name", name},
                        {"head", info.block.part == model::Part::head},
                        {"parameters", 0},
                        {"trainable", 0}});
    auto& layer = layers.back();
    layer["parameters"] = layer["parameters"].get<std::int64_t>() + info.count;
    if (info.block.trainable)
      layer["trainable"] = layer["trainable"].get<std::int64_t>() + info.count;
  }
  return layers;
}

json ownersOf(const RunParts& parts, std::int64_t total) {
  auto list = json::array();
  for (const auto& [owner, tasks, flops] : ownedParts(parts, total))
    list.push_back({{"tasks", ownerOf(parts, owner)},
                    {"parameters", parts.trained().count(owner)},
                    {"flops_per_example", flops},
                    {"layers", layersOf(parts.trained(), owner)}});
  return list;
}

}  // namespace

json describe(const RunParts& parts) {
  const auto& parameters = parts.trained();
  const auto total = flopsOf(parts, std::vector<char>(parts.tasks.size(), 1));
  auto own = json::object();
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    own[parts.tasks[k].info().name] = parameters.count(static_cast<std::int64_t>(k));
  return {{"parameters", parametersOf(parts)},
          {"total", parameters.values().numel()},
          {"shared", parameters.count(model::kTrunk)},
          {"per_task", own},
          {"groups", groupsOf(parts)},
          {"not_trainable", parameters.values().numel() - parameters.trained().size()},
          {"owners", ownersOf(parts, total)},
          {"flops_per_example", total},
          {"series", seriesOf(parts)},
          {"frontier", parts.model->frontier()}};
}

}  // namespace eq::train
