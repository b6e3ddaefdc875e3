#include "core/study/sweep/race.h"

#include <algorithm>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/base/parameter.h"
#include "core/study/sweep/race_lane.h"
#include "core/study/sweep/sweep_control.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/train/trainer.h"

namespace eq::study {
namespace {

using nlohmann::json;
using run::Runner;
using RaceClock = std::chrono::steady_clock;

constexpr auto kListenEvery = std::chrono::milliseconds(200);
constexpr auto kRest = std::chrono::milliseconds(20);  // while all lanes are paused

LaneResult knownOf(const run::RunInfo& info) {
  return {info.folder, info.steps, hasEnded(info), {}};
}

/// What a letter to a race asks for.
struct CloneWish {
  std::string run;
  std::vector<std::string> settings;
  std::string title;
};

/// \throws Error when it is none.
CloneWish cloneWishFrom(const json& commands) {
  if (!commands.is_array() || commands.size() != 1)
    fail("commands: expected one command, found {}", commands.dump());
  auto set = ParameterSpec::text("set", "", "PATH=VALUE of each change");
  set.type = ParameterType::any;
  set.defaultValue = json::array();
  const Parameters keys({ParameterSpec::choice("kind", "clone", {"clone"}, "What is done").needed(),
                         ParameterSpec::text("run", "", "Folder of the lane").needed(), set,
                         ParameterSpec::text("title", "", "What the new run is called")},
                        commands[0], "commands[0]");
  return {keys.text("run"), keys.at("set").get<std::vector<std::string>>(), keys.text("title")};
}

class Race {
 public:
  Race(const SweepFile& file, const std::vector<SweepRun>& runs, const RaceOptions& options)
      : file_(file), options_(options), mail_(options.folder) {
    file_.base = baseFor(file, runs);
    const auto found = foundRuns(options.folder, file, runs);
    const auto forks = openForksIn(options.folder);
    cancelled_ = controlOf(options.folder).cancelled;
    for (size_t i = 0; i < runs.size(); ++i) add(runs[i], found[i], isCancelled(i));
    for (const auto& info : forks) add(knownOf(info), [&] { return Runner::resume(info.folder); });
  }

  /// \returns whether it was stopped before its end.
  bool run() {
    while (isGoing()) {
      if (options_.stop() || listen()) return true;
      bool moved = false;
      for (auto& lane : lanes_)  // a clone begins with the next turn
        if (!lane->isOver()) moved = lane->advance(options_.slice) || moved;
      if (!moved) std::this_thread::sleep_for(kRest);
    }
    return false;
  }

  std::vector<LaneResult> end() {
    std::vector<LaneResult> results;
    for (auto& lane : lanes_) {
      if (!lane->isOver()) lane->leave();
      results.push_back(lane->result());
    }
    return results;
  }

 private:
  void add(const SweepRun& run, const std::optional<run::RunInfo>& info, bool isCancelled) {
    const RaceLane::Begin begin = [&] {
      const auto experiment = experimentOf(file_, file_.base, run);
      train::useThreads(experiment.threads);
      return info ? Runner::resume(info->folder) : Runner::start(experiment, options_.folder);
    };
    add(info ? knownOf(*info) : LaneResult(), isCancelled ? RaceLane::Begin() : begin);
  }

  bool isCancelled(size_t lane) const {
    return cancelled_.contains(static_cast<std::int64_t>(lane));
  }

  void add(LaneResult known, const RaceLane::Begin& begin) {
    lanes_.push_back(std::make_unique<RaceLane>(std::move(known), options_.steps, begin));
  }

  bool isGoing() const {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [](const auto& lane) { return !lane->isOver(); });
  }

  /// Does what others ask of the race. \returns whether a person has paused it.
  bool listen() {
    if (RaceClock::now() - listened_ < kListenEvery) return false;
    listened_ = RaceClock::now();
    for (const auto& letter : mail_.take()) answer(letter);
    const auto control = controlOf(options_.folder);
    cancelled_ = control.cancelled;
    for (size_t i = 0; i < lanes_.size(); ++i)
      if (isCancelled(i) && !lanes_[i]->isOver()) lanes_[i]->stop();
    return control.paused;
  }

  void answer(const run::Letter& letter) {
    try {
      clone(cloneWishFrom(letter.commands));
      mail_.answer(letter, {});
    } catch (const std::exception& error) {
      const std::string text = error.what();
      mail_.answer(letter, text.substr(0, text.find('\n')));
    }
  }

  void clone(const CloneWish& wish) {
    for (size_t i = 0; i < lanes_.size(); ++i) {
      auto& lane = *lanes_[i];
      if (lane.isOver() || lane.result().folder.filename() != wish.run) continue;
      auto runner = lane.clone(options_.folder, wish.settings, wish.title);
      options_.tell(fmt::format("{}: cloned from {} at step {}",
                                runner->folder().filename().string(), wish.run,
                                runner->trainer().stepsDone()));
      return add(LaneResult(), [&] { return std::move(runner); });
    }
    fail("{}: is no lane of this race that is trained", wish.run);
  }

  SweepFile file_;
  const RaceOptions& options_;
  run::Mail mail_;
  std::vector<std::unique_ptr<RaceLane>> lanes_;  ///< those of the file first, in its order
  std::set<std::int64_t> cancelled_;
  RaceClock::time_point listened_;
};

/// A lane that a person stopped, or that was to stop early, leaves something to go on with.
SweepState stateAfter(const std::vector<LaneResult>& results, const RaceOptions& options) {
  const auto isOpen = [&](const LaneResult& one) {
    const bool farEnough = options.steps > 0 && one.steps >= options.steps;
    return one.message.empty() && !one.finished && !farEnough;
  };
  if (std::any_of(results.begin(), results.end(), isOpen)) return SweepState::stopped;
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [](const auto& one) { return !one.message.empty(); });
  return failed ? SweepState::failed : SweepState::finished;
}

}  // namespace

std::vector<LaneResult> runRace(const SweepFile& file, const std::vector<SweepRun>& runs,
                                const RaceOptions& options) {
  SweepLock lock(options.folder, options.stop, [&] {
    options.tell(fmt::format("{}: is being run by another process; waits until it ends",
                             options.folder.string()));
  });
  if (!lock.isHeld()) return {};
  lock.note(SweepState::died);  // what it counts as when it is killed
  Race race(file, runs, options);
  const bool stopped = race.run();
  auto results = race.end();
  lock.note(stopped ? SweepState::stopped : stateAfter(results, options));
  return results;
}

run::Reply cloneLane(const std::filesystem::path& lane, const std::vector<std::string>& settings,
                     const std::string& title, std::chrono::milliseconds timeout) {
  const auto whole = std::filesystem::absolute(lane).lexically_normal();
  const auto place = whole.has_filename() ? whole : whole.parent_path();
  const auto race = place.parent_path();
  const json command{
      {"kind", "clone"}, {"run", place.filename().string()}, {"set", settings}, {"title", title}};
  const auto sender = run::senderHere("equipoise-cli race clone");
  return run::sendLetter(race, json::array({command}), sender, timeout,
                         [race] { return stateOf(race) == SweepState::running; });
}

}  // namespace eq::study
