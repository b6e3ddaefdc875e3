#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "app/cli/sweep_run.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/study/sweep/lanes.h"
#include "core/study/sweep/race.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct RaceCommand {
  std::string file;
  std::string out;
  std::vector<std::string> settings;
  std::int64_t ors = 0;  ///< how many there are; where they stand says the order of parsing
  std::int64_t steps = 0;
  std::int64_t slice = 10;
  bool trust = false;
  bool json = false;
  bool quiet = false;
};

/// A lane for each group of `--set` between `--or`, as they stand on the command line.
std::vector<std::vector<train::Setting>> lanesOf(const CLI::App& command,
                                                 const RaceCommand& options) {
  const auto settings = train::settingsFromTexts(options.settings);
  std::vector<std::vector<train::Setting>> lanes(1);
  size_t next = 0;
  for (const auto* option : command.parse_order()) {
    if (option->check_name("--or")) lanes.emplace_back();
    if (option->check_name("--set")) lanes.back().push_back(settings.at(next++));
  }
  return lanes;
}

void report(const std::vector<study::LaneResult>& results, const RaceCommand& options,
            Context& context) {
  json lanes = json::array();
  for (const auto& lane : results) {
    lanes.push_back(
        {{"run", lane.folder.string()}, {"steps", lane.steps}, {"finished", lane.finished}});
    if (lane.message.empty()) continue;
    lanes.back()["message"] = lane.message;
    context.err << printable(fmt::format("{}: {}", lane.folder.string(), lane.message)) << '\n';
    context.exitCode = 1;
  }
  if (options.json)
    context.out << jsonText({{"race", options.out}, {"lanes", lanes}}) << '\n';
  else
    context.out << options.out << '\n';
  if (const int signal = EndSignals::arrived()) context.exitCode = 128 + signal;
}

void race(const RaceCommand& options, const CLI::App& command, Context& context) {
  if (options.out.empty()) fail("--out: is required: the folder that holds the lanes");
  if (study::isSweepFile(options.file))
    fail(
        "{}: sweep: stands for many runs, and the lanes of a race are named by --set and --or; "
        "take the key out",
        options.file);
  const auto file = study::sweepOfLanes(options.file, lanesOf(command, options));
  const auto runs = study::runsOf(file, {});
  const EndSignals signals;
  study::requireFits(file, options.out);
  if (options.trust) trustSweep(file, runs);
  study::checkRuns(file, runs);
  study::beginSweep(file, options.out);
  study::RaceOptions race;
  race.folder = options.out;
  race.slice = options.slice;
  race.steps = options.steps;
  race.stop = [] { return EndSignals::arrived() != 0; };
  race.tell = [&](const std::string& line) {
    if (!options.quiet) context.err << printable(line) << '\n';
  };
  report(study::runRace(file, runs, race), options, context);
}

}  // namespace

void addRaceCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RaceCommand>();
  auto* command = app.add_subcommand(
      "race", "Train variants of an experiment side by side, a few steps each in turn");
  command->add_option("FILE", options->file, "Experiment file")->required();
  command->add_option("--out", options->out, "Folder that holds the lanes' runs");
  addSetOption(*command, options->settings);
  command->add_flag("--or", options->ors, "What follows is set in the next lane");
  command->add_option("--steps", options->steps, "Stop after this many updates of each lane")
      ->check(integerFrom<std::int64_t>(1));
  command->add_option("--slice", options->slice, "Updates of a lane before the next one's turn")
      ->check(integerFrom<std::int64_t>(1));
  addTrustFlag(*command, options->trust);
  command->add_flag("--json", options->json, "For machines");
  command->add_flag("--quiet", options->quiet, "No progress");
  command->callback([command, options, &context] { race(*options, *command, context); });
}

}  // namespace eq::cli
