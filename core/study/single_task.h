#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::run {
class RunReader;
}

namespace eq::study {

/// The one task that such an experiment trains, where the others are off, the weighting is `equal`,
/// and there is no gradient method. \param complete with every default. \param tasks all names.
std::optional<std::string> onlyTask(const nlohmann::json& complete,
                                    const std::vector<std::string>& tasks);

/// The one task that a run was trained for from its first step to its last: a run whose other tasks
/// were turned off on the way is none, nor is a fork of a run of several tasks; a fork whose parent
/// is gone is none either. An experiment that this version cannot read counts as it began.
std::optional<std::string> onlyTaskThroughout(const run::RunReader& run);

}  // namespace eq::study
