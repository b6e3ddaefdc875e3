#include "core/train/parting/parting.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/model/catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// What the model `tree` takes for the same network, but for its groups.
json baseOf(const MethodSpec& model) {
  const Parameters values(model::catalog().descriptor(model.id).parameters, model.params, "model");
  json base{{"base", model.id}};
  for (const char* name : {"hidden", "dropout", "head_hidden", "regularisers"})
    base[name] = values.at(name);
  if (model.id == "mlp") {
    base["activation"] = values.at("activation");
    return base;
  }
  base["hidden"] = json::array({values.at("hidden")});
  for (const char* name : {"channels", "kernel", "same"}) base[name] = values.at(name);
  return base;
}

size_t stagesOf(const json& base) {
  return base.at("hidden").size() + (base.contains("channels") ? base.at("channels").size() : 0);
}

/// The stage that is called so.
std::optional<size_t> stageCalled(const std::string& layer, size_t stages) {
  for (size_t stage = 0; stage < stages; ++stage)
    if (layer == fmt::format("trunk.{}", stage)) return stage;
  return std::nullopt;
}

}  // namespace

std::string obstacleToParting(const Experiment& experiment, size_t tasks,
                              const std::string& layer) {
  const auto& id = experiment.model.id;
  if (id != "mlp" && id != "cnn")
    return fmt::format("layers of mlp and cnn can be split, and this model is {}", id);
  if (tasks < 2) return "there is one task alone";
  if (!stageCalled(layer, stagesOf(baseOf(experiment.model))))
    return fmt::format("{} is no stage of the trunk", layer);
  return {};
}

Experiment partedAt(const Experiment& experiment, const std::vector<std::string>& tasks,
                    const std::string& layer, const std::string& run) {
  const auto obstacle = obstacleToParting(experiment, tasks.size(), layer);
  if (!obstacle.empty()) fail("{} cannot be split: {}", layer, obstacle);
  auto parameters = baseOf(experiment.model);
  const auto stages = stagesOf(parameters);
  const auto first = *stageCalled(layer, stages);
  auto together = json::array({tasks}), apart = json::array();
  for (const auto& task : tasks) apart.push_back({task});
  parameters["stages"] = json::array();
  for (size_t stage = 0; stage < stages; ++stage)
    parameters["stages"].push_back(stage < first ? together : apart);
  Experiment out = experiment;
  out.name = fmt::format("{}, {} split", experiment.name, layer);
  out.model = {"tree", std::move(parameters)};
  out.init = {};
  out.init.run = run;
  return out;
}

}  // namespace eq::train
