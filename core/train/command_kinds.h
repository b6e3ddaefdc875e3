#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/command.h"

namespace eq::train {

/// Whether the kind has a `task`.
bool concernsTask(Command::Kind kind);

/// As commandFromJson, for who takes further kinds beside commands: the message about an unknown
/// kind names them as well.
Command commandBeside(const std::vector<std::string>& others, const nlohmann::json& value,
                      const std::string& path);

}  // namespace eq::train
