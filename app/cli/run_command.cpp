#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/end_signals.h"
#include "app/cli/experiment_file.h"
#include "app/cli/options.h"
#include "app/cli/training_options.h"
#include "app/cli/trust.h"
#include "app/cli/warnings.h"
#include "core/run/run_scripts.h"
#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

struct RunOptions {
  std::string out = "runs";
  ExperimentFile experiment;
  std::optional<std::string> seed, threads, device;
  TrainingOptions training;
};

train::Experiment experimentOf(const RunOptions& options, Context& context) {
  ExperimentFile given = options.experiment;
  if (options.seed) given.settings.push_back("seed=" + *options.seed);
  if (options.threads) given.settings.push_back("threads=" + *options.threads);
  if (options.device) given.settings.push_back("device=" + *options.device);
  return readExperimentFile(given, context);
}

void runExperiment(RunOptions& options, Context& context) {
  const train::Experiment experiment = experimentOf(options, context);
  auto& training = options.training;
  readCommandsOf(training, context);
  if (training.trust) {
    trustScripts(run::untrustedScripts(experiment));
    trustCommandsOf(training, experiment.folder);
  }
  train::useThreads(experiment.threads);
  const EndSignals signals;
  const auto runner = run::Runner::start(experiment, options.out, rehearsalOf(training));
  if (training.drive.quiet)  // else they are among the events
    printWarnings(runner->trainer().warnings(), context.err);
  drive(*runner, training.drive, context);
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
  addTrainingOptions(*command, options->training);
  command->callback([options, &context] { runExperiment(*options, context); });
}

}  // namespace eq::cli
