#include <algorithm>
#include <cmath>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/drive.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "app/cli/sweep_run.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/study/sweep/lanes.h"
#include "core/study/sweep/queue.h"
#include "core/study/sweep/race.h"
#include "core/study/sweep/standing.h"
#include "core/study/sweep/sweep_control.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/study/sweep/sweep_notice.h"

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
  std::int64_t workers = 1;
  std::string notify;
  bool trust = false;
  bool json = false;
  bool quiet = false;
};

struct CloneCommand {
  std::string run;
  std::vector<std::string> settings;
  std::string title;
  double timeout = 10;
  bool json = false;
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

/// In turn, in this process.
std::vector<study::LaneResult> inTurn(const study::SweepFile& file,
                                      const std::vector<study::SweepRun>& runs,
                                      const RaceCommand& options, Context& context) {
  study::RaceOptions race;
  race.folder = options.out;
  race.slice = options.slice;
  race.steps = options.steps;
  race.stop = [] { return EndSignals::arrived() != 0; };
  race.tell = progressOf(options.quiet, context);
  return study::runRace(file, runs, race);
}

/// Each in a process of its own, so many at a time.
std::vector<study::LaneResult> sideBySide(const study::SweepFile& file,
                                          const std::vector<study::SweepRun>& runs,
                                          const RaceCommand& options, Context& context) {
  study::QueueOptions queue;
  queue.folder = options.out;
  queue.program = workerProgram();
  queue.workers = options.workers;
  queue.threads = std::max<std::int64_t>(1, file.base.threads);
  queue.steps = options.steps;
  queue.trust = options.trust;
  queue.stop = [] { return EndSignals::arrived() != 0; };
  queue.tell = progressOf(options.quiet, context);
  study::runQueue(file, runs, queue);
  std::vector<study::LaneResult> lanes;
  for (const auto& one : study::standingOf(options.out).runs) {
    auto& lane = lanes.emplace_back();
    if (!one.info) continue;
    lane = {one.info->folder, one.info->steps, study::hasEnded(*one.info), {}};
    if (one.hasFailed()) lane.message = one.info->message;
  }
  return lanes;
}

run::EndNotice noticeOf(const study::SweepFile& file, const RaceCommand& options,
                        const std::vector<study::LaneResult>& lanes) {
  const auto failed = std::count_if(lanes.begin(), lanes.end(),
                                    [](const auto& lane) { return !lane.message.empty(); });
  return study::endNoticeOf(file, options.out, std::ssize(lanes), failed,
                            EndSignals::arrived() != 0);
}

void run(const study::SweepFile& file, const RaceCommand& options, Context& context) {
  const auto runs = study::runsOf(file, {});
  const EndSignals signals;
  study::requireFits(file, options.out);
  if (options.trust) trustSweep(file, runs);
  study::checkRuns(file, runs);
  study::beginSweep(file, options.out);
  study::changeControl(options.out, [](study::SweepControl& control) { control.paused = false; });
  const auto lanes = options.workers > 1 ? sideBySide(file, runs, options, context)
                                         : inTurn(file, runs, options, context);
  report(lanes, options, context);
  context.out.flush();
  notifyEnd(options.notify, noticeOf(file, options, lanes), context);
}

void race(const RaceCommand& options, const CLI::App& command, Context& context) {
  if (options.file.empty()) fail("FILE: is required: an experiment file");
  if (options.out.empty()) fail("--out: is required: the folder that holds the lanes");
  if (study::isSweepFile(options.file))
    fail(
        "{}: sweep: stands for many runs, and the lanes of a race are named by --set and --or; "
        "take the key out",
        options.file);
  run(study::sweepOfLanes(options.file, lanesOf(command, options)), options, context);
}

void goOn(const RaceCommand& options, Context& context) {
  const auto file = study::sweepIn(options.out);
  if (file.sweep.method != "lanes")
    fail("{}: holds a sweep, and no race; equipoise-cli sweep continue goes on with it",
         options.out);
  run(file, options, context);
}

/// The newest fork of a lane.
std::string cloneOf(const std::filesystem::path& lane) {
  std::string newest;
  double created = 0;
  const auto name = lane.filename().string();
  for (const auto& info : run::listRuns(lane.parent_path()))
    if (info.parent == name && info.created >= created) {
      newest = info.folder.string();
      created = info.created;
    }
  return newest;
}

void clone(const CloneCommand& options, Context& context) {
  train::settingsFromTexts(options.settings);
  const auto lane = std::filesystem::absolute(run::runFolder(options.run));
  const std::chrono::milliseconds timeout(std::llround(options.timeout * 1000));
  const auto reply = study::cloneLane(lane, options.settings, options.title, timeout);
  if (reply.kind == run::Reply::Kind::refused) throw Error(reply.reason);
  if (reply.kind == run::Reply::Kind::nobody)
    throw Error(fmt::format("{}: no race trains it now; equipoise-cli fork makes a run of it",
                            lane.string()),
                ErrorKind::failure);
  const auto folder = cloneOf(lane);
  context.out << (options.json ? jsonText({{"run", folder}}) : folder) << '\n';
}

void addTurns(CLI::App& command, RaceCommand& options) {
  command.add_option("--steps", options.steps, "Stop after this many updates of each lane")
      ->check(integerFrom<std::int64_t>(1));
  command.add_option("--slice", options.slice, "Updates of a lane before the next one's turn")
      ->check(integerFrom<std::int64_t>(1));
  command
      .add_option(
          "--workers", options.workers,
          "Above 1: so many lanes at a time, each in a process of its own, instead of turns")
      ->check(integerFrom<std::int64_t>(1));
  addTrustFlag(command, options.trust);
  command.add_flag("--json", options.json, "For machines");
  command.add_flag("--quiet", options.quiet, "No progress");
  addNotifyOption(command, options.notify);
}

void addContinue(CLI::App& race, Context& context) {
  auto options = std::make_shared<RaceCommand>();
  auto* command = race.add_subcommand("continue", "Go on with a race, its clones included");
  command->add_option("DIR", options->out, "Folder of the race")->required();
  addTurns(*command, *options);
  command->callback([options, &context] { goOn(*options, context); });
}

void addClone(CLI::App& race, Context& context) {
  auto options = std::make_shared<CloneCommand>();
  auto* command = race.add_subcommand(
      "clone", "Fork a lane that is being trained where it stands, as one more lane");
  command->add_option("RUN", options->run, "Folder of the lane")->required();
  addSetOption(*command, options->settings);
  command->add_option("--title", options->title, "What the new run is called")
      ->check(storableText());
  command
      ->add_option("--timeout", options->timeout,
                   "Seconds after which nobody seems to run the race")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
  command->add_flag("--json", options->json, "For machines");
  command->callback([options, &context] { clone(*options, context); });
}

}  // namespace

void addRaceCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<RaceCommand>();
  auto* command = app.add_subcommand(
      "race", "Train variants of an experiment side by side, a few steps each in turn");
  command->add_option("FILE", options->file, "Experiment file");
  command->add_option("--out", options->out, "Folder that holds the lanes' runs");
  addSetOption(*command, options->settings);
  command->add_flag("--or", options->ors, "What follows is set in the next lane");
  addTurns(*command, *options);
  addContinue(*command, context);
  addClone(*command, context);
  command->callback([command, options, &context] {
    if (command->get_subcommands().empty()) race(*options, *command, context);
  });
}

}  // namespace eq::cli
