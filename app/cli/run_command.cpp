#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/drive.h"
#include "app/cli/end_signals.h"
#include "app/cli/experiment_file.h"
#include "app/cli/options.h"
#include "app/cli/trust.h"
#include "app/cli/warnings.h"
#include "core/base/text.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/run/runner.h"
#include "core/run/teacher.h"
#include "core/run/whereabouts.h"
#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

struct RunOptions {
  std::string file;  ///< of the run to go on with
  std::string out = "runs";
  ExperimentFile experiment;
  std::optional<std::string> seed, threads, device;
  std::string commands;
  run::Changes changes;
  bool trust = false;
  DriveOptions drive;
};

train::Experiment experimentOf(const RunOptions& options, Context& context) {
  ExperimentFile given = options.experiment;
  if (options.seed) given.settings.push_back("seed=" + *options.seed);
  if (options.threads) given.settings.push_back("threads=" + *options.threads);
  if (options.device) given.settings.push_back("device=" + *options.device);
  return readExperimentFile(given, context);
}

void trustCommands(const RunOptions& options, const std::filesystem::path& folder) {
  std::vector<train::Command> commands;
  for (const auto& timed : options.drive.commands) commands.push_back(timed.command);
  trustScripts(train::untrustedScripts(commands, folder));
}

/// Where relative paths of the run start.
std::filesystem::path folderOf(const run::RunReader& reader) {
  return run::Whereabouts(reader).locate(reader.experiment()).experiment.folder;
}

std::int64_t newestStep(const run::RunReader& reader) {
  const auto checkpoints = reader.checkpoints();
  if (checkpoints.empty()) fail("{}: there is no checkpoint yet", reader.folder().string());
  return checkpoints.back().step;
}

/// Says so when nothing is left to do: the run then stays as it is. No failure: a scheduler that
/// starts a job again until it is done comes here.
bool isDone(const RunOptions& options, Context& context) {
  const auto info = run::RunReader(options.file).info();
  const bool finished = info.state == run::RunState::finished && !options.changes.epochs;
  const bool farEnough = info.state == run::RunState::stopped && options.drive.steps > 0 &&
                         info.steps >= options.drive.steps;
  if (!finished && !farEnough) return false;
  if (finished)
    context.err << fmt::format(
        "{}: the run is complete, all its {} steps are done; to train longer: equipoise-cli resume "
        "{} --epochs N, or fork RUN@STEP to go on from an earlier checkpoint\n",
        options.file, info.steps, options.file);
  else
    context.err << fmt::format("{}: the run has done {} steps already\n", options.file, info.steps);
  if (options.drive.json)
    context.out << jsonText({{"run", options.file}, {"steps", info.steps}, {"finished", finished}})
                << '\n';
  else
    context.out << options.file << '\n';
  return true;
}

void addDriveOptions(CLI::App& command, RunOptions& options) {
  auto& drive = options.drive;
  addTrustFlag(command, options.trust);
  command.add_option("--steps", drive.steps, "Stop after this many updates since the run began")
      ->check(integerFrom<std::int64_t>(1));
  command.add_flag("--json", drive.json, "For machines");
  command.add_flag("--quiet", drive.quiet, "No progress");
}

void addChangeOptions(CLI::App& command, run::Changes& changes) {
  command.add_option("--data", changes.data, "Where the data are now: their folder, or the file")
      ->type_name("PATH");
  command.add_option("--epochs", changes.epochs, "Train this many in all, since the run began")
      ->type_name("N");
  command.add_option("--title", changes.title, "What the run is called where runs are listed")
      ->check(storableText());
}

}  // namespace

void addRunCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RunOptions>();
  auto* command =
      app.add_subcommand("run", "Train an experiment, or a table; prints the run folder");
  addExperimentFile(*command, options->experiment);
  command->add_option("--out", options->out, "Folder in which the run's folder is made");
  command->add_option("--seed", options->seed, "Seed")->type_name("INT")->check(storableText());
  command->add_option("--device", options->device, "cpu, cuda or cuda:N")->check(storableText());
  command->add_option("--threads", options->threads, "Threads of the CPU")
      ->type_name("INT")
      ->check(storableText());
  command->add_option("--commands", options->commands,
                      "Commands with their steps, as export --commands writes them");
  addDriveOptions(*command, *options);
  command->callback([options, &context] {
    const train::Experiment experiment = experimentOf(*options, context);
    if (!options->commands.empty())
      options->drive.commands = readCommands(options->commands, context);
    if (options->trust) {
      trustScripts(run::untrustedScripts(experiment));
      trustCommands(*options, experiment.folder);
    }
    train::useThreads(experiment.threads);
    if (const auto& commands = options->drive.commands; !commands.empty())
      rehearse(commands, *run::makeTrainer(experiment));
    const EndSignals signals;
    const auto runner = run::Runner::start(experiment, options->out);
    if (options->drive.quiet)  // else they are among the events
      printWarnings(runner->trainer().warnings(), context.err);
    drive(*runner, options->drive, context);
  });
}

void addResumeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand("resume", "Continue a run from its last checkpoint");
  command->add_option("RUN", options->file, "Run folder")->required();
  command->add_option("--commands", options->commands,
                      "Commands with their steps, as export --commands writes them");
  addChangeOptions(*command, options->changes);
  addDriveOptions(*command, *options);
  command->callback([options, &context] {
    if (!options->commands.empty())
      options->drive.commands = readCommands(options->commands, context);
    if (options->trust) {
      trustScripts(run::untrustedScripts(options->file));
      const run::RunReader reader(options->file);
      trustCommands(*options, folderOf(reader));
    }
    if (isDone(*options, context)) return;
    const EndSignals signals;
    const auto runner = run::Runner::resume(options->file, options->changes);
    drive(*runner, options->drive, context);
  });
}

void addForkCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand("fork", "A new run that goes on from another's checkpoint");
  command->add_option("RUN", options->file, "Run folder; RUN@STEP: from the checkpoint of a step")
      ->required();
  command->add_option("--out", options->out, "Folder in which the run's folder is made");
  command->add_option("--commands", options->commands,
                      "Commands with their steps, as export --commands writes them");
  addChangeOptions(*command, options->changes);
  addDriveOptions(*command, *options);
  command->callback([options, &context] {
    auto [folder, step] = run::teacherPlace(options->file);
    const run::RunReader reader(folder);
    if (step < 0) step = newestStep(reader);
    if (!options->commands.empty())
      options->drive.commands = readCommands(options->commands, context);
    if (options->trust) {
      trustScripts(run::untrustedScripts(folder, step));
      trustCommands(*options, folderOf(reader));
    }
    const EndSignals signals;
    const auto runner = run::Runner::fork(folder, step, options->out, options->changes);
    drive(*runner, options->drive, context);
  });
}

}  // namespace eq::cli
