#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::train {

/// Whether it stands for a run that another program trained: it says where that came from, and has
/// none of the fields that a run of this program has.
bool isImported(const nlohmann::json& experiment);

/// An experiment with every field written out: what is not given has its default, those of its
/// methods included, and `balancer.gradient` is null where there is none. Nothing is checked: what
/// this version does not know stays as it is, and so does an imported run.
nlohmann::json completeExperiment(nlohmann::json experiment);

/// The value at `tasks[0].loss.id`; none where the path leads nowhere. Below null everything is
/// null.
std::optional<nlohmann::json> fieldAt(const nlohmann::json& experiment, const std::string& path);

/// The paths of what is written in experiments, by name, down to what is no object and no list of
/// tasks in any of them.
std::vector<std::string> writtenPaths(const std::vector<const nlohmann::json*>& experiments);

}  // namespace eq::train
