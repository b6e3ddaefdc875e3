#include "core/model/tree.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/model/branched_model.h"
#include "core/model/task_lists.h"

namespace eq::model {
namespace {

using nlohmann::json;
using Group = std::vector<size_t>;

std::string stagePath(size_t stage) {
  return fmt::format("model.stages[{}]", stage);
}

std::vector<std::string> namesIn(const Setting& setting) {
  std::vector<std::string> names;
  for (const auto& task : setting.tasks) names.push_back(task.name);
  return names;
}

/// The groups of a stage, each in the order of the tasks. \param names of the tasks.
std::vector<Group> groupsOf(const json& given, size_t stage,
                            const std::vector<std::string>& names) {
  const auto place = stagePath(stage);
  std::vector<char> seen(names.size());
  std::vector<Group> groups;
  for (const auto& list : listAt(given, place, "groups of tasks")) {
    const auto path = fmt::format("{}[{}]", place, groups.size());
    Group group;
    for (const auto& name : listAt(list, path, "tasks")) {
      const auto task = taskNamed(name, names, path);
      if (seen[task]) fail("{}: task {} is there twice in this stage", path, names[task]);
      seen[task] = 1;
      group.push_back(task);
    }
    if (group.empty()) fail("{}: a group needs at least one task, found []", path);
    std::sort(group.begin(), group.end());
    groups.push_back(std::move(group));
  }
  const auto missing = std::find(seen.begin(), seen.end(), 0);
  if (missing != seen.end())
    fail("{}: task {} is in no group", place, names[static_cast<size_t>(missing - seen.begin())]);
  return groups;
}

/// \param below groups of the stage before.
void requireNested(const std::vector<Group>& groups, const std::vector<Group>& below, size_t stage,
                   const std::vector<std::string>& names) {
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto first = groups[i].front();
    const auto around = std::find_if(below.begin(), below.end(), [first](const Group& one) {
      return std::find(one.begin(), one.end(), first) != one.end();
    });
    for (const auto task : groups[i])
      if (std::find(around->begin(), around->end(), task) == around->end())
        fail(
            "{}[{}]: {} and {} were parted at a stage before and cannot join again; put them into "
            "groups of their own",
            stagePath(stage), i, names[first], names[task]);
  }
}

std::unique_ptr<Model> makeTree(const Parameters& parameters, const Setting& setting) {
  const auto base = baseFrom(parameters, setting.inputShape, "tree");
  const auto& given = listAt(parameters.at("stages"), "model.stages", "stages");
  if (given.size() != base.stages())
    fail("model.stages: {} stages are listed, the base has {}", given.size(), base.stages());
  const auto names = namesIn(setting);
  Branches branches;
  for (size_t stage = 0; stage < given.size(); ++stage) {
    branches.stages.push_back(groupsOf(given[stage], stage, names));
    if (stage > 0) requireNested(branches.stages[stage], branches.stages[stage - 1], stage, names);
  }
  return std::make_unique<BranchedModel>(base, branches, parameters, setting);
}

}  // namespace

CatalogRow<Model, const Setting&> treeRow() {
  Descriptor descriptor;
  descriptor.id = "tree";
  descriptor.title = "Tree";
  descriptor.summary =
      "Tasks share the first stages and part on the way up: every group of a stage has a copy of "
      "its own, fed by the group before that contains it.";
  descriptor.formula = "h_{s,g} = f_{s,g}(h_{s-1,g'}), g ⊆ g'; ŷ_k = V_k h_{S,g∋k} + c_k";
  descriptor.citation =
      "Standley et al., Which tasks should be learned together?, ICML 2020; Guo et al., Learning "
      "to "
      "branch, ICML 2020";
  ParameterSpec stages;
  stages.name = "stages";
  stages.type = ParameterType::any;
  stages.doc =
      "Groups of tasks a stage, such as [[[\"a\", \"b\", \"c\"]], [[\"a\", \"b\"], [\"c\"]]]";
  descriptor.parameters = withBase({stages.needed()});
  descriptor.traits["tree"] = true;
  return {descriptor, makeTree};
}

}  // namespace eq::model
