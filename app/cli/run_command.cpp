#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/drive.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "app/cli/trust.h"
#include "app/cli/warnings.h"
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
  std::string file;
  std::string out = "runs";
  std::vector<std::string> settings;
  std::optional<std::string> seed, threads, device;
  std::string commands;
  std::string data;
  bool trust = false;
  DriveOptions drive;
};

train::Experiment experimentOf(const RunOptions& options) {
  train::Experiment experiment = train::readExperiment(options.file);
  std::vector<std::string> settings = options.settings;
  if (options.seed) settings.push_back("seed=" + *options.seed);
  if (options.threads) settings.push_back("threads=" + *options.threads);
  if (options.device) settings.push_back("device=" + *options.device);
  for (const auto& setting : settings) experiment = train::withSetting(experiment, setting);
  return experiment;
}

void trustCommands(const RunOptions& options, const std::filesystem::path& folder) {
  std::vector<train::Command> commands;
  for (const auto& timed : options.drive.commands) commands.push_back(timed.command);
  trustScripts(train::untrustedScripts(commands, folder));
}

/// Says so when a run has all its steps: there is nothing to resume, and the run stays as it is.
/// No failure: a scheduler that starts a job again until it is done comes here.
bool isComplete(const std::string& folder, const DriveOptions& options, Context& context) {
  const auto info = run::RunReader(folder).info();
  if (info.state != run::RunState::finished) return false;
  context.err << fmt::format(
      "{}: the run is complete, all its {} steps are done; to train longer, train its experiment "
      "with more epochs (equipoise-cli run FILE --set epochs=N)\n",
      folder, info.steps);
  if (options.json)
    context.out << nlohmann::json{{"run", folder}, {"steps", info.steps}, {"finished", true}}.dump()
                << '\n';
  else
    context.out << folder << '\n';
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

void addDataOption(CLI::App& command, std::string& data) {
  command.add_option("--data", data, "Where the data are now: their folder, or the file itself")
      ->type_name("PATH");
}

}  // namespace

void addRunCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand("run", "Train an experiment; prints the run folder");
  command->add_option("FILE", options->file, "Experiment file")->required();
  command->add_option("--out", options->out, "Folder in which the run's folder is made");
  addSetOption(*command, options->settings);
  command->add_option("--seed", options->seed, "Seed")->type_name("INT")->check(storableText());
  command->add_option("--device", options->device, "cpu, cuda or cuda:N")->check(storableText());
  command->add_option("--threads", options->threads, "Threads of the CPU")
      ->type_name("INT")
      ->check(storableText());
  command->add_option("--commands", options->commands,
                      "Commands with their steps, as export --commands writes them");
  addDriveOptions(*command, *options);
  command->callback([options, &context] {
    const train::Experiment experiment = experimentOf(*options);
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
  addDataOption(*command, options->data);
  addDriveOptions(*command, *options);
  command->callback([options, &context] {
    if (!options->commands.empty())
      options->drive.commands = readCommands(options->commands, context);
    if (options->trust) {
      trustScripts(run::untrustedScripts(options->file));
      const run::RunReader reader(options->file);
      trustCommands(*options,
                    run::Whereabouts(reader).locate(reader.experiment()).experiment.folder);
    }
    if (isComplete(options->file, options->drive, context)) return;
    const EndSignals signals;
    const auto runner = run::Runner::resume(options->file, options->data);
    drive(*runner, options->drive, context);
  });
}

}  // namespace eq::cli
