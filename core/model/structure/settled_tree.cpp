#include "core/model/structure/settled_tree.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/model/task_lists.h"

namespace eq::model {
namespace {

using nlohmann::json;

Branches branchesIn(const json& structure, const Setting& setting) {
  std::vector<std::string> names;
  for (const auto& task : setting.tasks) names.push_back(task.name);
  Branches branches;
  for (const auto& stage : structure.at("stages")) {
    branches.stages.emplace_back();
    for (const auto& group : stage) {
      branches.stages.back().emplace_back();
      for (const auto& task : group)
        branches.stages.back().back().push_back(taskNamed(task, names, "structure.stages"));
    }
  }
  return branches;
}

}  // namespace

std::string nodeName(std::int64_t node, size_t stage) {
  return fmt::format("trunk.node.{}.{}", node, stage);
}

json treeOfWays(const std::vector<std::vector<std::int64_t>>& ways,
                const std::vector<std::string>& tasks) {
  auto stages = json::array(), nodes = json::array();
  for (size_t stage = 0; stage < ways.front().size(); ++stage) {
    std::vector<std::int64_t> met;
    auto groups = json::array();
    for (size_t k = 0; k < ways.size(); ++k) {
      const auto node = ways[k][stage];
      const auto place = static_cast<size_t>(std::find(met.begin(), met.end(), node) - met.begin());
      if (place == met.size()) {
        met.push_back(node);
        groups.push_back(json::array());
      }
      groups[place].push_back(tasks[k]);
    }
    stages.push_back(std::move(groups));
    nodes.push_back(met);
  }
  return {{"stages", stages}, {"nodes", nodes}};
}

SettledTree::SettledTree(const BaseNetwork& base, const json& structure,
                         const Parameters& parameters, const Setting& setting)
    : BranchedModel(base, branchesIn(structure, setting), parameters, setting),
      structure_(structure),
      branches_(branchesIn(structure, setting)) {}

Origins SettledTree::origins() const {
  const auto nodes = structure_.at("nodes").get<Nodes>();
  Origins origins;
  for (const auto& info : parameters_.infos()) {
    if (info.block.part == Part::head) continue;
    const auto reach = this->reach(info.block.owner);
    for (size_t stage = 0; stage < branches_.stages.size(); ++stage) {
      const auto prefix = fmt::format("{}.{}.", info.block.name, stage);
      if (!info.name.starts_with(prefix)) continue;
      const auto& groups = branches_.stages[stage];
      const auto of = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
        return reach[group.front()] && std::count(reach.begin(), reach.end(), 1) ==
                                           static_cast<std::ptrdiff_t>(group.size());
      });
      const auto node = nodes.at(stage).at(static_cast<size_t>(of - groups.begin()));
      origins[info.name] = {nodeName(node, stage) + "." + info.name.substr(prefix.size())};
    }
  }
  return origins;
}

}  // namespace eq::model
