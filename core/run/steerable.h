#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/run_folder.h"

namespace eq::run {

/// What can be set from outside in a run that is trained, as it is in force at its newest step.
struct Steerable {
  std::vector<std::string> tasks;
  std::vector<double> weights;  ///< [tasks] that a person sets
  /// By name: "learning_rate", and those of a program of one's own (see Origin).
  std::vector<std::pair<std::string, double>> numbers = {};

  bool operator==(const Steerable&) const = default;
};
/// \throws Error when the record cannot be read.
Steerable steerableOf(const RunReader& run);

/// The command that sets one of them, for sendLetter().
nlohmann::json weightCommand(std::size_t task, double value);
nlohmann::json numberCommand(const std::string& name, double value);

}  // namespace eq::run
