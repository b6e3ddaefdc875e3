#include "core/study/sweep/race.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/base/error.h"
#include "core/run/runner.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/train/trainer.h"

namespace eq::study {
namespace {

using run::Runner;

/// One run of a race.
class Lane {
 public:
  /// \param info where it was begun.
  Lane(const SweepFile& file, const SweepRun& run, const std::optional<run::RunInfo>& info,
       const RaceOptions& options) {
    if (info) result_ = {info->folder, info->steps, hasEnded(*info), {}};
    const bool farEnough = options.steps > 0 && result_.steps >= options.steps;
    if (result_.finished || farEnough) return;
    guarded([&] {
      const auto experiment = experimentOf(file, file.base, run);
      threads_ = experiment.threads;
      train::useThreads(threads_);
      runner_ = info ? Runner::resume(info->folder) : Runner::start(experiment, options.folder);
      result_.folder = runner_->folder();
      last_ = runner_->trainer().totalSteps();
      if (options.steps > 0) last_ = std::min(last_, options.steps);
    });
  }

  bool isOver() const { return runner_ == nullptr; }
  const LaneResult& result() const { return result_; }

  /// Goes on for some steps; the last ones close it.
  void advance(std::int64_t steps) {
    guarded([&] {
      train::useThreads(threads_);
      for (std::int64_t i = 0; i < steps && runner_->trainer().stepsDone() < last_; ++i)
        runner_->step();
      runner_->take();
      if (runner_->trainer().stepsDone() >= last_) close([&] { runner_->close(); });
    });
  }

  void leave() {
    guarded([&] { close([&] { runner_->leave(); }); });
  }

 private:
  template <typename Close>
  void close(Close work) {
    train::useThreads(threads_);
    work();
    result_.steps = runner_->trainer().stepsDone();
    result_.finished = runner_->finished();
    runner_.reset();
  }

  /// A failure ends this lane alone.
  template <typename Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      const std::string text = error.what();  // LibTorch's go on with a stack trace
      result_.message = text.substr(0, text.find('\n'));
      if (!runner_) return;
      result_.steps = runner_->trainer().stepsDone();
      runner_->fail(result_.message);
      runner_.reset();
    }
  }

  std::unique_ptr<Runner> runner_;
  std::int64_t threads_ = 0;
  std::int64_t last_ = 0;
  LaneResult result_;
};

SweepState stateAfter(const std::vector<LaneResult>& results, bool stopped) {
  if (stopped) return SweepState::stopped;
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
  SweepFile filled = file;
  filled.base = baseFor(file, runs);
  const auto found = foundRuns(options.folder, runs);
  std::vector<std::unique_ptr<Lane>> lanes;
  for (size_t i = 0; i < runs.size(); ++i)
    lanes.push_back(std::make_unique<Lane>(filled, runs[i], found[i], options));
  const auto goesOn = [](const auto& lane) { return !lane->isOver(); };
  while (!options.stop() && std::any_of(lanes.begin(), lanes.end(), goesOn))
    for (auto& lane : lanes)
      if (!lane->isOver()) lane->advance(options.slice);
  const bool stopped = std::any_of(lanes.begin(), lanes.end(), goesOn);
  std::vector<LaneResult> results;
  for (auto& lane : lanes) {
    if (!lane->isOver()) lane->leave();
    results.push_back(lane->result());
  }
  lock.note(stateAfter(results, stopped));
  return results;
}

}  // namespace eq::study
