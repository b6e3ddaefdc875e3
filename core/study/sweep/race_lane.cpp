#include "core/study/sweep/race_lane.h"

#include <algorithm>
#include <utility>

#include "core/train/trainer.h"

namespace eq::study {

RaceLane::RaceLane(LaneResult known, std::int64_t limit, const Begin& begin)
    : result_(std::move(known)) {
  const bool farEnough = limit > 0 && result_.steps >= limit;
  if (result_.finished || farEnough || !begin) return;
  guarded([&] {
    runner_ = begin();
    threads_ = runner_->trainer().experiment().threads;
    result_.folder = runner_->folder();
    last_ = runner_->trainer().totalSteps();
    if (limit > 0) last_ = std::min(last_, limit);
  });
}

bool RaceLane::advance(std::int64_t steps) {
  bool moved = false;
  guarded([&] {
    train::useThreads(threads_);
    moved = step(steps);
    if (isOver()) return;
    runner_->take();
    if (runner_->trainer().stepsDone() >= last_ || runner_->finished()) stop();
  });
  return moved;
}

bool RaceLane::step(std::int64_t steps) {
  bool moved = false;
  for (std::int64_t i = 0; i < steps; ++i) {
    const auto asked = runner_->readMail();
    paused_ = asked.paused.value_or(paused_);
    if (asked.stop) {
      stop();
      return true;
    }
    if (paused_ || runner_->finished() || runner_->trainer().stepsDone() >= last_) return moved;
    runner_->step();
    moved = true;
  }
  return moved;
}

void RaceLane::stop() {
  guarded([&] { close([&] { runner_->close(); }); });
}

void RaceLane::leave() {
  guarded([&] { close([&] { runner_->leave(); }); });
}

std::unique_ptr<run::Runner> RaceLane::clone(const std::filesystem::path& workspace,
                                             const std::vector<std::string>& settings,
                                             const std::string& title) {
  train::useThreads(threads_);
  runner_->checkpoint();
  runner_->take();
  run::Changes changes;
  changes.title = title;
  return run::Runner::fork(runner_->folder(), runner_->trainer().stepsDone(), workspace, changes,
                           {settings, {}});
}

void RaceLane::close(const std::function<void()>& work) {
  train::useThreads(threads_);
  work();
  result_.steps = runner_->trainer().stepsDone();
  result_.finished = runner_->finished();
  runner_.reset();
}

void RaceLane::guarded(const std::function<void()>& work) {
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

}  // namespace eq::study
