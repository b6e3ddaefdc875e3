#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/experiment.h"

namespace eq::train {

/// A change to a running job, applied between two steps and recorded as an event.
struct Command {
  enum class Kind {
    setLoss,          ///< `task`, `method`: another loss, or other parameters of it
    setWeight,        ///< `task`, `value`: the task's static factor, >= 0
    setPreference,    ///< `task`, `preference`: see TaskSpec
    setTaskEnabled,   ///< `task`, `flag`: drop the task, or take it up again
    setTaskFrozen,    ///< `task`, `flag`: its head keeps its parameters
    setWeighting,     ///< `method`
    setGradient,      ///< `method`; empty id = none
    setScheme,        ///< `schemes`: the whole slot; empty = none
    setLearningRate,  ///< `value` > 0: the base rate of the schedule
    setConflict,      ///< `every`, `text` = source, `flag` = layers
    setAffinity,      ///< `every`, `text` = form
    setRules,         ///< `rules`: all of them
    restoreBest,      ///< `text` = series; parameters alone, of the best evaluation so far
    note              ///< `text`
  };
  Kind kind = Kind::note;
  std::int64_t task = 0;
  MethodSpec method;
  double value = 0;
  bool flag = false;
  std::int64_t every = 0;
  std::string text;
  std::vector<RuleSpec> rules = {};
  std::vector<MethodSpec> schemes = {};
  std::optional<double> preference = std::nullopt;

  static Command setLoss(std::int64_t task, MethodSpec loss);
  static Command setWeight(std::int64_t task, double weight);
  static Command setPreference(std::int64_t task, std::optional<double> preference);
  static Command setTaskEnabled(std::int64_t task, bool enabled);
  static Command setTaskFrozen(std::int64_t task, bool frozen);
  static Command setWeighting(MethodSpec weighting);
  static Command setGradient(MethodSpec gradient);
  static Command setScheme(std::vector<MethodSpec> schemes);
  static Command setLearningRate(double rate);
  static Command setConflict(ConflictSpec conflict);
  static Command setAffinity(AffinitySpec affinity);
  static Command setRules(std::vector<RuleSpec> rules);
  static Command note(std::string text);

  bool operator==(const Command&) const = default;
};

/// {"kind": "set_loss", "task": 0, "method": {"id": "focal", "gamma": 2}}: what events hold and
/// `--commands` reads.
nlohmann::json toJson(const Command& command);
/// \throws Error `commands[0].value: is required and missing (The new value)`; every kind needs its
/// fields, and has no others.
Command commandFromJson(const nlohmann::json& value, const std::string& path);

/// The experiment after the command; commands that leave no trace in it (note, freeze) return it
/// unchanged. Whether rules fit the series of a run is for the run to say: `requireRulesFit`.
/// \throws Error for a task, id or value that does not exist or is out of range.
Experiment applied(Experiment experiment, const Command& command);

/// The commands that lead from one experiment to the other; nothing when they differ in something
/// that cannot change while a run exists (data, model, seed, ...), or when one of the commands
/// cannot be applied.
std::optional<std::vector<Command>> commandsBetween(const Experiment& from, const Experiment& to);

/// The same. \throws Error that names the path of the first field that cannot change, or what
/// `applied` says.
std::vector<Command> requireCommandsBetween(const Experiment& from, const Experiment& to);

/// "left, loss to Focal loss (gamma 5)": titles, as people read them.
std::string describe(const Experiment& before, const Command& command);

}  // namespace eq::train
