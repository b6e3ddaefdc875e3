#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/drive.h"
#include "core/run/runner.h"
#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

struct Options {
  std::string file;
  std::string out = "runs";
  std::vector<std::string> settings;
  std::optional<std::int64_t> seed;
  std::optional<std::int64_t> threads;
  std::string device;
  std::string commands;
  DriveOptions drive;
};

train::Experiment experimentOf(const Options& options) {
  train::Experiment experiment = train::readExperiment(options.file);
  std::vector<std::string> settings = options.settings;
  if (options.seed) settings.push_back("seed=" + std::to_string(*options.seed));
  if (options.threads) settings.push_back("threads=" + std::to_string(*options.threads));
  if (!options.device.empty()) settings.push_back("device=" + options.device);
  for (const auto& setting : settings) experiment = train::withSetting(experiment, setting);
  return experiment;
}

void addDriveOptions(CLI::App& command, DriveOptions& drive) {
  command.add_option("--steps", drive.steps, "Stop after this many updates since the run began")
      ->check(CLI::PositiveNumber);
  command.add_flag("--json", drive.json, "For machines");
  command.add_flag("--quiet", drive.quiet, "No progress");
}

}  // namespace

void addRunCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("run", "Train an experiment; prints the run folder");
  command->add_option("FILE", options->file, "Experiment file")->required();
  command->add_option("--out", options->out, "Folder in which the run's folder is made");
  command->add_option("--set", options->settings, "Change a field first: tasks[0].loss.id=focal");
  command->add_option("--seed", options->seed, "Seed");
  command->add_option("--device", options->device, "cpu, cuda or cuda:N");
  command->add_option("--threads", options->threads, "Threads of the CPU");
  command->add_option("--commands", options->commands,
                      "Commands with their steps, as export --commands writes them");
  addDriveOptions(*command, options->drive);
  command->callback([options, &context] {
    const train::Experiment experiment = experimentOf(*options);
    if (!options->commands.empty())
      options->drive.commands = readCommands(options->commands, context);
    train::useThreads(experiment.threads);
    const auto runner = run::Runner::start(experiment, options->out);
    drive(*runner, options->drive, context);
  });
}

void addResumeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("resume", "Continue a run from its last checkpoint");
  command->add_option("RUN", options->file, "Run folder")->required();
  command->add_option("--commands", options->commands,
                      "Commands with their steps, as export --commands writes them");
  addDriveOptions(*command, options->drive);
  command->callback([options, &context] {
    if (!options->commands.empty())
      options->drive.commands = readCommands(options->commands, context);
    const auto runner = run::Runner::resume(options->file);
    drive(*runner, options->drive, context);
  });
}

}  // namespace eq::cli
