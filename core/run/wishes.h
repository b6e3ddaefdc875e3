#pragma once

#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/command.h"

namespace eq::run {

/// What somebody wants of a run that is trained.
struct Wish {
  enum class Kind { command, number, pause, resume, stop, checkpoint };
  Kind kind = Kind::command;
  train::Command command;  ///< of the kind `command`
};

/// A list of commands, and of {"kind": "pause"}, resume, stop and checkpoint, and of {"kind":
/// "set_number", "name": "temperature", "value": 2}, for a program of one's own that trains.
/// \throws Error naming the entry, as train::commandFromJson does.
std::vector<Wish> wishesFrom(const nlohmann::json& list);

}  // namespace eq::run
