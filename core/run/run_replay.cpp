#include "core/run/run_replay.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <utility>

#include "core/base/error.h"
#include "core/train/replay.h"

namespace eq::run {
namespace {

constexpr std::int64_t kBlock = 2000;  // steps whose records are in memory at once

bool isSame(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool isSame(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return isSame(x, y); });
}

bool isSame(const train::StepRecord& a, const train::StepRecord& b) {
  return a.step == b.step && isSame(a.learningRate, b.learningRate) && isSame(a.losses, b.losses) &&
         isSame(a.weights, b.weights);
}

/// Makes the steps of a run again, and compares them with its record.
class Replay {
 public:
  Replay(Restored& restored, const RunReader& run, std::int64_t last, const Replayed& replayed)
      : restored_(restored),
        trainer_(*restored.trainer),
        run_(run),
        last_(last),
        replayed_(replayed),
        looked_(restored.isBeginning ? -1 : restored.trainer->stepsDone()) {
    for (auto& event : run.events(restored.position.events))
      if (isDue(event)) due_.push_back(std::move(event));
    for (auto& evaluation : run.evaluations(restored.position.evaluations))
      if (evaluation.step <= last) evaluations_.push_back(std::move(evaluation));
  }

  void go() {
    recall();
    while (trainer_.stepsDone() < last_) {
      const auto begin = trainer_.stepsDone();
      const auto end = std::min(begin + kBlock, last_);
      while (trainer_.stepsDone() < end) step();
      showRules();
      compare(std::exchange(made_, {}), run_.steps(begin, end));
    }
    trainer_.takeEvents();  // the record has them
  }

 private:
  bool isDue(const train::EventRecord& event) const {
    return event.step <= last_ && (train::changesCourse(event) || isBeginning(event));
  }
  static bool isBeginning(const train::EventRecord& event) {
    return event.kind == "started" || event.kind == "resumed";
  }

  void step() {
    trainer_.step();
    recall();
    if (replayed_) replayed_(trainer_.stepsDone(), last_);
  }

  /// What happened at this step, after its update.
  void recall() {
    const auto now = trainer_.stepsDone();
    if (isDueNow(evaluations_) || isDueNow(due_)) showRules();
    for (; !evaluations_.empty() && evaluations_.front().step <= now; evaluations_.pop_front())
      recall(evaluations_.front());
    for (; !due_.empty() && due_.front().step <= now; due_.pop_front()) {
      if (isBeginning(due_.front())) takeMachinery(due_.front());
      if (train::changesCourse(due_.front())) train::replay(due_.front(), trainer_);
    }
  }

  template <typename Record>
  bool isDueNow(const std::deque<Record>& records) const {
    return !records.empty() && records.front().step <= trainer_.stepsDone();
  }

  /// Rules look at evaluations that the experiment prescribes, once, as when the run was trained:
  /// not at those of a stop, nor at the checkpoint's, which has them.
  void recall(const train::EvaluationRecord& evaluation) {
    trainer_.recall(evaluation);
    const bool isPrescribed = evaluation.split == train::SplitName::validation &&
                              (evaluation.step == 0 || trainer_.evaluationIsDue());
    if (!isPrescribed || evaluation.step <= looked_) return;
    looked_ = evaluation.step;
    trainer_.look(evaluation);
    trainer_.takeFirings();  // what they did is in the record
  }

  /// Shows the rules the steps up to here.
  void showRules() {
    for (auto& record : trainer_.takeRecords()) made_.push_back(std::move(record));
    trainer_.takeFirings();
  }

  /// The run went on with this many threads, which changes the last digits.
  void takeMachinery(const train::EventRecord& event) {
    if (!event.detail.contains("torch")) return;  // of an earlier version
    useThreadsOf(trainer_.experiment(), event.detail.at("threads").get<std::int64_t>());
    if (event.step >= last_) return;
    for (const auto& difference : differencesFrom(event.detail, trainer_))
      if (std::ranges::find(restored_.differences, difference) == restored_.differences.end())
        restored_.differences.push_back(difference);
  }

  void compare(const std::vector<train::StepRecord>& made,
               const std::vector<train::StepRecord>& recorded) {
    if (differs_) return;
    for (size_t i = 0; i < made.size(); ++i) {
      if (i < recorded.size() && isSame(made[i], recorded[i])) continue;
      differs_ = true;
      restored_.differences.push_back(
          fmt::format("other losses than the recorded ones from step {} on", made[i].step));
      return;
    }
  }

  Restored& restored_;
  train::Trainer& trainer_;
  const RunReader& run_;
  std::int64_t last_;
  const Replayed& replayed_;
  std::deque<train::EventRecord> due_;
  std::deque<train::EvaluationRecord> evaluations_;
  std::vector<train::StepRecord> made_;
  std::int64_t looked_;  ///< step of the newest evaluation that the rules have seen
  bool differs_ = false;
};

/// The seconds of training that the run had taken, not those of the replay.
void takeSeconds(Restored& restored, const RunReader& run, std::int64_t step) {
  const auto recorded = run.steps(step - 1, step);
  if (recorded.empty()) return;
  auto snapshot = restored.trainer->snapshot();
  restored.seconds = recorded.back().seconds;
  snapshot.meta["seconds"] = restored.seconds;
  restored.trainer->restore(snapshot);
}

}  // namespace

Restored replayTo(const RunReader& run, std::int64_t step, const Changes& changes,
                  const Replayed& replayed) {
  if (const auto done = run.info().steps; step > done)
    fail("{}: has done {} steps; there is no step {} yet", run.folder().string(), done, step);
  const auto checkpoint = newestIntact(run.folder(), step);
  Restored restored = checkpoint.step < 0
                          ? restart(run, changes)
                          : restore(checkpoint.snapshot, checkpoint.file.string(), run, changes);
  restored.damaged = checkpoint.damaged;
  const bool again = restored.trainer->stepsDone() < step;
  Replay(restored, run, step, replayed).go();
  if (again) takeSeconds(restored, run, step);
  return restored;
}

}  // namespace eq::run
