#include "app/cli/training_options.h"

#include <CLI/CLI.hpp>

#include "app/cli/options.h"
#include "app/cli/trust.h"
#include "core/run/run_folder.h"
#include "core/run/whereabouts.h"
#include "core/train/scripts.h"

namespace eq::cli {

void addTrainingOptions(CLI::App& command, TrainingOptions& options, std::int64_t least) {
  command.add_option("--commands", options.commands,
                     "Commands with their steps, as export --commands writes them");
  addTrustFlag(command, options.trust);
  addDriveOptions(command, options.drive, least);
  addNotifyOption(command, options.drive.notify);
}

void addDriveOptions(CLI::App& command, DriveOptions& drive, std::int64_t least) {
  command.add_option("--steps", drive.steps, "Stop after this many updates since the run began")
      ->type_name("N")
      ->check(integerFrom<std::int64_t>(least));
  command.add_flag("--json", drive.json, "For machines");
  command.add_flag("--quiet", drive.quiet, "No progress");
}

void addChangeOptions(CLI::App& command, run::Changes& changes) {
  command.add_option("--data", changes.data, "Where the data are now: their folder, or the file")
      ->type_name("PATH");
  command.add_option("--epochs", changes.epochs, "Train this many in all, since the run began")
      ->type_name("N");
  command.add_option("--device", changes.device, "cpu, cuda or cuda:N; else that of before")
      ->check(storableText());
  command.add_option("--title", changes.title, "What the run is called where runs are listed")
      ->check(storableText());
}

void readCommandsOf(TrainingOptions& options, Context& context) {
  if (!options.commands.empty()) options.drive.commands = readCommands(options.commands, context);
}

void trustCommandsOf(const TrainingOptions& options, const std::filesystem::path& folder) {
  std::vector<train::Command> commands;
  for (const auto& timed : options.drive.commands) commands.push_back(timed.command);
  trustScripts(train::untrustedScripts(commands, folder));
}

std::filesystem::path dataFolderOf(const run::RunReader& reader) {
  return run::Whereabouts(reader).locate(reader.experiment()).experiment.folder;
}

run::Before rehearsalOf(const TrainingOptions& options) {
  run::Before before;
  before.rehearse = [&options](const train::Trainer& trainer) {
    rehearse(options.drive.commands, trainer);
  };
  return before;
}

}  // namespace eq::cli
