#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/model/branched_model.h"

namespace eq::model {

/// Nodes that tasks go through, [stage][group]: those of `Branches::stages` in that order.
using Nodes = std::vector<std::vector<std::int64_t>>;

/// A tree that goes on from nodes of a network that was drawn: {"stages": groups of tasks a stage,
/// as the model `tree` takes them, "nodes": the node of each}.
class SettledTree : public BranchedModel {
 public:
  SettledTree(const BaseNetwork& base, const nlohmann::json& structure,
              const Parameters& parameters, const Setting& setting);

  nlohmann::json structure() const override { return structure_; }
  Origins origins() const override;

 private:
  nlohmann::json structure_;
  Branches branches_;
};

/// The prefix of a node's parameters before it settles. \param stage from 0.
std::string nodeName(std::int64_t node, size_t stage);

/// The structure of tasks that go through these nodes. \param ways [task][stage] the node.
nlohmann::json treeOfWays(const std::vector<std::vector<std::int64_t>>& ways,
                          const std::vector<std::string>& tasks);

}  // namespace eq::model
