#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "core/train/command.h"
#include "core/train/records.h"

namespace eq::run {
struct EndNotice;
class Runner;
}  // namespace eq::run

namespace eq::train {
class Trainer;
}

namespace eq::cli {

/// A command and the number of updates after which it takes effect.
struct TimedCommand {
  std::int64_t step = 0;
  train::Command command;
  std::string place;  ///< "commands.json[1].command", for messages
};

/// Reads `[{"step": 100, "command": {"kind": "set_loss", ...}}, ...]`, in order of step, as `export
/// RUN --commands` writes it. \throws Error naming the entry.
std::vector<TimedCommand> readCommands(const std::string& file, Context& context);

/// Tries the commands that are still to come, in their order, on a twin of the trainer.
/// \throws Error naming the entry that does not fit.
void rehearse(const std::vector<TimedCommand>& commands, const train::Trainer& trainer);

struct DriveOptions {
  std::optional<std::int64_t> steps = std::nullopt;  ///< stop after this many updates since the run
                                                     ///< began; none: all of the experiment
  std::vector<TimedCommand> commands;
  bool json = false;
  bool quiet = false;
  std::string notify = {};  ///< a command that is run at the end; empty: none
  bool leaves = false;      ///< an end signal leaves the run without its last evaluations
  /// Asked at the beginning and after each evaluation that the experiment prescribes, with those
  /// since the last time; says why the run is to be stopped there. Empty: it goes on.
  std::function<std::string(const std::vector<train::EvaluationRecord>&)> judge = {};
};

/// Trains to the end or to `steps`, with progress and time left on err; Ctrl-C and the other end
/// signals that the caller's EndSignals take checkpoint and set exit code 128 + signal. Prints the
/// run folder. Others may change, pause and stop it by `send`. Whatever throws, the run is closed
/// where the cause is a mistake, such as a command that does not fit, and marked as failed else.
void drive(run::Runner& runner, const DriveOptions& options, Context& context);
/// The same, and prints nothing on out.
void trainToEnd(run::Runner& runner, const DriveOptions& options, Context& context);
/// Runs the command of --notify, if there is one; that it cannot be started is a warning.
void notifyEnd(const std::string& command, const run::EndNotice& notice, Context& context);

}  // namespace eq::cli
