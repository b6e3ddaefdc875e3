#include <ostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/end_signals.h"
#include "app/cli/training_options.h"
#include "app/cli/trust.h"
#include "core/base/text.h"
#include "core/run/origin.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"

namespace eq::cli {
namespace {

struct ResumeOptions {
  std::string run;
  run::Changes changes;
  TrainingOptions training;
};

/// Says so when nothing is left to do: the run then stays as it is. No failure: a scheduler that
/// starts a job again until it is done comes here.
bool isDone(const ResumeOptions& options, Context& context) {
  const auto info = run::RunReader(options.run).info();
  const bool finished = info.state == run::RunState::finished && !options.changes.epochs;
  const bool farEnough = info.state == run::RunState::stopped && options.training.drive.steps &&
                         info.steps >= *options.training.drive.steps;
  if (!finished && !farEnough) return false;
  if (finished)
    context.err << fmt::format(
        "{}: the run is complete, all its {} steps are done; to train longer: equipoise-cli resume "
        "{} --epochs N, or fork RUN@STEP to go on from an earlier checkpoint\n",
        options.run, info.steps, options.run);
  else
    context.err << fmt::format("{}: the run has done {} steps already\n", options.run, info.steps);
  if (options.training.drive.json)
    context.out << jsonText({{"run", options.run}, {"steps", info.steps}, {"finished", finished}})
                << '\n';
  else
    context.out << options.run << '\n';
  return true;
}

void resumeRun(ResumeOptions& options, Context& context) {
  options.run = run::runFolder(options.run).string();
  run::requireOwn(run::RunReader(options.run));
  auto& training = options.training;
  readCommandsOf(training, context);
  if (training.trust) {
    trustScripts(run::untrustedScripts(options.run));
    trustCommandsOf(training, dataFolderOf(run::RunReader(options.run)));
  }
  if (isDone(options, context)) return;
  const EndSignals signals;
  const auto runner = run::Runner::resume(options.run, options.changes, rehearsalOf(training));
  drive(*runner, training.drive, context);
}

}  // namespace

void addResumeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ResumeOptions>();
  auto* command = app.add_subcommand("resume", "Continue a run from its last checkpoint");
  command->add_option("RUN", options->run, "Run folder, or a folder that holds one run")
      ->required();
  addChangeOptions(*command, options->changes);
  addTrainingOptions(*command, options->training);
  command->callback([options, &context] { resumeRun(*options, context); });
}

}  // namespace eq::cli
