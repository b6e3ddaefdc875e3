#include "app/cli/sweep_controls.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "app/cli/options.h"
#include "app/cli/sweep_run.h"
#include "core/base/error.h"
#include "core/study/sweep/standing.h"

namespace eq::cli {
namespace {

using study::SweepControl;
using study::SweepStanding;

struct ControlOptions {
  std::string folder;
  std::vector<std::int64_t> runs;
};

/// Those that were named, else all for which `counts`. \throws Error for one that there is not.
std::vector<std::int64_t> chosenRuns(const SweepStanding& sweep, const ControlOptions& options,
                                     const std::function<bool(const study::RunStanding&)>& counts) {
  for (const auto i : options.runs)
    if (i >= std::ssize(sweep.runs))
      fail("--runs: {} is no run of {}, which has 0 to {}", i, options.folder,
           std::ssize(sweep.runs) - 1);
  if (!options.runs.empty()) return options.runs;
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < sweep.runs.size(); ++i)
    if (counts(sweep.runs[i])) all.push_back(static_cast<std::int64_t>(i));
  return all;
}

bool isOpen(const study::RunStanding& one) {
  return !one.info || !study::hasEnded(*one.info);
}

using Change = std::function<void(SweepControl&, const std::vector<std::int64_t>&)>;

/// A command that changes the control of a sweep.
void addControl(CLI::App& sweep, Context& context, const std::string& name, const std::string& help,
                const std::function<bool(const study::RunStanding&)>& counts,
                const Change& change) {
  auto options = std::make_shared<ControlOptions>();
  auto* command = sweep.add_subcommand(name, help);
  command->add_option("DIR", options->folder, "Folder of the sweep or race")->required();
  if (counts)
    command->add_option("--runs", options->runs, "Numbers of runs as sweep show has them, from 0")
        ->delimiter(',')
        ->check(integerFrom<std::int64_t>(0));
  command->callback([options, counts, change, &context] {
    const auto standing = study::standingOf(options->folder);
    const auto runs = counts ? chosenRuns(standing, *options, counts) : std::vector<std::int64_t>();
    study::changeControl(options->folder, [&](SweepControl& control) { change(control, runs); });
    if (standing.state != study::SweepState::running)
      context.err << fmt::format("{}: nobody trains it now; it is noted for when it goes on\n",
                                 options->folder);
  });
}

void addContinueSweep(CLI::App& sweep, Context& context) {
  auto options = std::make_shared<SweepOptions>();
  auto* command = sweep.add_subcommand("continue", "Go on with the sweep of a folder");
  command->add_option("DIR", options->out, "Folder of the sweep")->required();
  addQueueOptions(*command, *options);
  command->callback(
      [options, &context] { runSweep(study::sweepIn(options->out), *options, context); });
}

}  // namespace

void addSweepControls(CLI::App& sweep, Context& context) {
  addContinueSweep(sweep, context);
  addControl(sweep, context, "pause", "Let a sweep or race leave its checkpoints and end", nullptr,
             [](SweepControl& control, const auto&) { control.paused = true; });
  addControl(sweep, context, "cancel", "Train runs no further: all that are open, or some", isOpen,
             [](SweepControl& control, const auto& runs) {
               control.cancelled.insert(runs.begin(), runs.end());
             });
  addControl(
      sweep, context, "retry", "Try runs again: all that failed, or some, also cancelled ones",
      [](const study::RunStanding& one) { return one.hasFailed(); },
      [](SweepControl& control, const auto& runs) {
        for (const auto i : runs) control.cancelled.erase(i);
        control.retried.insert(runs.begin(), runs.end());
      });
  addControl(
      sweep, context, "first", "Train runs before all others",
      [](const study::RunStanding&) { return false; },
      [](SweepControl& control, const auto& runs) {
        for (const auto i : runs) std::erase(control.first, i);
        control.first.insert(control.first.begin(), runs.begin(), runs.end());
      });
}

}  // namespace eq::cli
