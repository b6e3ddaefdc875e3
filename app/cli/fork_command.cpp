#include <algorithm>
#include <chrono>
#include <limits>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "app/cli/training_options.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/csv.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/run/series_export.h"
#include "core/run/whereabouts.h"
#include "core/train/replay.h"
#include "core/train/scripts.h"
#include "core/train/settings.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct ForkOptions {
  std::string run;
  std::string out = "runs";
  run::Changes changes;
  std::vector<std::string> settings;
  TrainingOptions training;
};

/// Ctrl-C while the steps are made again: there is nothing yet to be kept.
struct Interrupted {};

/// Lets the scripts run that the parent's past, --set and --commands name.
void trustAll(const ForkOptions& options, const run::RunPlace& place) {
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  const run::RunReader reader(place.folder);
  const auto last = place.step < 0 ? kAll : place.step;
  trustScripts(run::untrustedScripts(place.folder, last));
  auto begun = run::Whereabouts(reader).locate(reader.experiment()).experiment;
  auto altered =
      train::inForceAt(begun, reader.events(), last == kAll ? last : last + 1).experiment;
  altered = train::withSettings(altered, train::settingsFromTexts(options.settings));
  trustScripts(train::untrustedScripts(altered));
  trustCommandsOf(options.training, altered.folder);
}

/// A line a second on err while steps are made again.
std::function<void(std::int64_t, std::int64_t)> replayProgress(bool quiet, std::ostream& err) {
  return [quiet, &err, printed = Clock::now()](std::int64_t step, std::int64_t last) mutable {
    if (EndSignals::arrived()) throw Interrupted();
    if (quiet || Clock::now() - printed < std::chrono::seconds(1)) return;
    printed = Clock::now();
    err << fmt::format("makes step {} of {} again\n", step, last);
  };
}

/// A whole `export RUN --commands` names those at the fork's step once more, which are replayed.
void dropReplayed(std::vector<TimedCommand>& commands, const run::RunReader& parent,
                  std::int64_t step) {
  const auto first = std::find_if(commands.begin(), commands.end(),
                                  [&](const TimedCommand& one) { return one.step >= step; });
  auto same = first;
  for (const auto& replayed : run::commandsAsJson(parent)) {
    if (replayed.at("step") != step) continue;
    if (same == commands.end() || same->step != step ||
        train::toJson(same->command) != replayed.at("command"))
      return;
    ++same;
  }
  commands.erase(first, same);
}

/// Where --quiet hides the events: that the bits may not be those of the parent is no progress.
void tellDifferences(const run::Runner& runner, std::ostream& err) {
  std::string text;
  for (const auto& event : run::RunReader(runner.folder()).events())
    if (event.kind == "started") text = event.detail.contains("differences") ? event.text : "";
  if (!text.empty()) err << printable(data::oneLine(text)) << '\n';
}

void forkRun(ForkOptions& options, Context& context) {
  const auto place = run::runArgument(options.run);
  auto& training = options.training;
  readCommandsOf(training, context);
  if (training.trust) trustAll(options, place);
  const EndSignals signals;
  auto before = rehearsalOf(training);
  before.rehearse = [&](const train::Trainer& trainer) {
    dropReplayed(training.drive.commands, run::RunReader(place.folder), trainer.stepsDone());
    rehearse(training.drive.commands, trainer);
  };
  before.replayed = replayProgress(training.drive.quiet, context.err);
  try {
    const auto runner = run::Runner::fork(place.folder, place.step, options.out, options.changes,
                                          {options.settings, {}}, before);
    if (training.drive.quiet) tellDifferences(*runner, context.err);
    drive(*runner, training.drive, context);
  } catch (const Interrupted&) {
    context.err << "interrupted before the fork began; nothing was made\n";
    context.exitCode = 128 + EndSignals::arrived();
  }
}

}  // namespace

void addForkCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ForkOptions>();
  auto* command = app.add_subcommand(
      "fork", "A new run that goes on from any step of another, with something changed");
  command
      ->add_option("RUN", options->run,
                   "Run folder, or a folder that holds one run; RUN@STEP: after that step, else "
                   "after the last checkpoint")
      ->required();
  command->add_option("--out", options->out, "Folder in which the run's folder is made");
  command
      ->add_option("--set", options->settings,
                   "Change a field there, as a command: balancer.gradient.id=pcgrad; also epochs")
      ->type_name("PATH=VALUE")
      ->check(storableText())
      ->allow_extra_args(false);
  addChangeOptions(*command, options->changes);
  addTrainingOptions(*command, options->training, 0);
  command->callback([options, &context] { forkRun(*options, context); });
}

}  // namespace eq::cli
