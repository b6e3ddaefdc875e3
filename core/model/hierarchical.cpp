#include "core/model/hierarchical.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/model/branched_model.h"

namespace eq::model {
namespace {

using nlohmann::json;

size_t levelFrom(const json& value, const std::string& path, size_t stages) {
  if (!value.is_number_integer()) fail("{}: expected a stage, found {}", path, value.dump());
  if (value.get<double>() < 1) fail("{}: {} is below 1", path, value.dump());
  if (value.get<double>() > static_cast<double>(stages))
    fail("{}: {} is above {}, the number of stages", path, value.dump(), stages);
  return value.get<size_t>();
}

/// [task] the stage that its head reads, from 1.
std::vector<size_t> levelsOf(const json& given, size_t stages, const Setting& setting) {
  const auto count = setting.tasks.size();
  std::vector<std::string> names;
  std::vector<size_t> levels;
  for (size_t k = 0; k < count; ++k) {
    names.push_back(setting.tasks[k].name);
    levels.push_back(((k + 1) * stages + count - 1) / count);
  }
  if (!given.is_object())
    fail("model.levels: expected an object of tasks and stages, found {}", given.dump());
  for (const auto& [name, value] : given.items()) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      fail("model.levels: there is no task \"{}\"; there are {}", name, fmt::join(names, ", "));
    levels[static_cast<size_t>(found - names.begin())] =
        levelFrom(value, "model.levels." + name, stages);
  }
  return levels;
}

std::unique_ptr<Model> makeHierarchical(const Parameters& parameters, const Setting& setting) {
  const auto base = baseFrom(parameters, setting.inputShape, "hierarchical");
  const auto levels = levelsOf(parameters.at("levels"), base.stages(), setting);
  Branches branches;
  branches.shortcut = parameters.boolean("shortcut");
  for (size_t stage = 1; stage <= *std::max_element(levels.begin(), levels.end()); ++stage) {
    std::vector<size_t> tasks;
    for (size_t k = 0; k < levels.size(); ++k)
      if (levels[k] >= stage) tasks.push_back(k);
    branches.stages.push_back({tasks});
  }
  return std::make_unique<BranchedModel>(base, branches, parameters, setting);
}

}  // namespace

CatalogRow<Model, const Setting&> hierarchicalRow() {
  Descriptor descriptor;
  descriptor.id = "hierarchical";
  descriptor.title = "Hierarchical supervision";
  descriptor.summary =
      "One network whose simple tasks are read off lower stages than the hard ones that build on "
      "them.";
  descriptor.formula = "ŷ_k = V_k h_{ℓ_k} + c_k, or V_k [h_{ℓ_k} ; x] + c_k";
  descriptor.citation =
      "Sanh et al., A hierarchical multi-task approach for learning embeddings, AAAI 2019. "
      "Recalled, not read: there one task that is drawn is trained a step (scheme sampled_tasks)";
  ParameterSpec levels;
  levels.name = "levels";
  levels.type = ParameterType::any;
  levels.defaultValue = json::object();
  levels.doc =
      "The stage that a task reads, such as {\"a\": 1}; others are spread evenly in their order";
  descriptor.parameters =
      withBase({levels, ParameterSpec::boolean("shortcut", false, "Heads read the inputs beside")});
  descriptor.traits["tree"] = true;
  return {descriptor, makeHierarchical};
}

}  // namespace eq::model
