#include "core/study/sweep/queue.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include <unistd.h>

#include "core/base/error.h"
#include "core/run/mail.h"
#include "core/run/teacher.h"
#include "core/study/sweep/rungs.h"
#include "core/study/sweep/sweep_control.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/study/sweep/worker_process.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using run::RunState;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(20);
constexpr auto kLookAgain = std::chrono::milliseconds(500);
constexpr int kMostTries = 3;  // in a row that brought a run no further

/// One run of the sweep, as the queue knows it.
struct Slot {
  std::optional<run::RunInfo> info;           ///< as it was looked at last
  std::vector<std::optional<double>> values;  ///< at the rungs that it reached
  std::unique_ptr<WorkerProcess> worker;
  bool failed = false;      ///< ends without a finished run, and is not tried again
  bool stopped = false;     ///< by a person, while the sweep goes on
  bool cancelled = false;   ///< in the folder
  bool held = false;        ///< another process trains it
  int tries = 0;            ///< since it got further
  std::int64_t target = 0;  ///< steps that it is to reach; 0: all
  std::int64_t began = 0;   ///< steps at the last start
};

bool isDone(const Slot& slot) {
  return slot.info && hasEnded(*slot.info);
}

/// Whether there is nothing more to do for it.
bool isThrough(const Slot& slot) {
  return slot.failed || slot.stopped || slot.cancelled || isDone(slot);
}

std::string nameOf(const Slot& slot, const SweepRun& run) {
  return slot.info ? slot.info->folder.filename().string()
                   : fmt::format("{} seed {}", run.fields.dump(), run.seed);
}

std::vector<std::string> argumentsOf(const WorkerTask& task) {
  std::vector<std::string> arguments{"worker",  "--parent", std::to_string(task.parent),
                                     "--out",   task.out,   "--data",
                                     task.data, "--steps",  std::to_string(task.steps)};
  if (!task.run.empty()) arguments.insert(arguments.end(), {"--run", task.run});
  if (task.trust) arguments.emplace_back("--trust");
  if (task.rivals.empty()) return arguments;
  arguments.insert(arguments.end(), {"--after", std::to_string(task.rule.after)});
  for (const auto& series : task.rule.by) arguments.push_back("--by=" + series);
  for (const auto& rival : task.rivals) arguments.push_back("--rival=" + rival.string());
  return arguments;
}

class Queue {
 public:
  Queue(const SweepFile& file, const std::vector<SweepRun>& runs, const QueueOptions& options,
        const SweepLock& lock)
      : file_(file), runs_(runs), options_(options), lock_(lock), slots_(runs.size()) {
    base_ = file.base;
    base_.threads = options.threads;
    SweepFile threaded = file;
    threaded.base = base_;
    base_ = baseFor(threaded, runs);
    if (file.sweep.method == "asha" && !runs.empty()) makeRungs();
    if ((rule_ = dominanceOf(file))) numbers_ = combinationNumbers(runs);
    if (file.sweep.method == "lanes") mail_.emplace(options.folder);
    findNew();
    for (auto& slot : slots_)
      if (slot.info) refresh(slot);
  }

  QueueResult run() {
    bool stopped = false;
    while (!stopped) {
      if (Clock::now() - looked_ > kLookAgain) lookAgain();
      stopped = options_.stop() || control_.paused;
      if (!stopped && other_.empty()) startSome();
      if (!stopped && other_.empty() && !isBusy()) break;
      reap();
      std::this_thread::sleep_for(kTick);
    }
    if (stopped) stopAll();
    return result(stopped);
  }

 private:
  void makeRungs() {
    train::useThreads(options_.threads);
    const auto trainer = run::makeTrainer(experimentOf(file_, base_, runs_.front()));
    requireMetric(file_.sweep.metric, trainer->experiment());
    rungs_.emplace(file_.sweep, trainer->totalSteps());
  }

  /// Finds the folders of runs that have none yet.
  void findNew() {
    std::set<fs::path> known;
    for (const auto& slot : slots_)
      if (slot.info) known.insert(slot.info->folder);
    auto found = foundRuns(options_.folder, file_, runs_, known);
    for (size_t i = 0; i < slots_.size(); ++i)
      if (!slots_[i].info) slots_[i].info = std::move(found[i]);
  }

  /// \pre its folder is known.
  void refresh(Slot& slot) {
    const run::RunReader reader(slot.info->folder);
    slot.info = reader.info();
    slot.held = run::isHeld(slot.info->state);
    slot.failed = slot.failed || slot.info->state == RunState::failed;
    if (rungs_) slot.values = valuesAt(reader, file_.sweep.metric, rungs_->steps());
  }

  void lookAgain() {
    looked_ = Clock::now();
    if (mail_) refuseClones();
    control_ = controlOf(options_.folder);
    waitForTurn();
    for (size_t i = 0; i < slots_.size(); ++i) {
      auto& slot = slots_[i];
      if (slot.held && !slot.worker) refresh(slot);
      slot.cancelled = control_.cancelled.contains(static_cast<std::int64_t>(i));
      if (slot.cancelled && slot.worker) slot.worker->terminate();
    }
    if (!control_.retried.empty()) retry();
  }

  /// Only who trains the lanes in turn can clone one.
  void refuseClones() {
    for (const auto& letter : mail_->take())
      mail_->answer(
          letter,
          "the lanes of this race are trained each in a process of its own; equipoise-cli "
          "fork makes a run of one");
  }

  void waitForTurn() {
    const auto before = other_;
    other_ = control_.queued ? waitsFor(options_.folder) : fs::path();
    if (!other_.empty() && other_ != before)
      options_.tell(fmt::format("waits while {} is trained", other_.string()));
  }

  /// What failed is tried again, once for each time that somebody asked.
  void retry() {
    for (const auto i : control_.retried)
      if (i >= 0 && i < std::ssize(slots_)) {
        auto& slot = slots_[static_cast<size_t>(i)];
        slot.failed = slot.stopped = false;
        slot.tries = 0;
      }
    const auto taken = control_.retried;
    changeControl(options_.folder, [&](SweepControl& control) {
      for (const auto i : taken) control.retried.erase(i);
    });
  }

  bool isBusy() const {
    return std::any_of(slots_.begin(), slots_.end(),
                       [](const auto& slot) { return slot.worker || slot.held; });
  }

  void startSome() {
    auto working = std::count_if(slots_.begin(), slots_.end(),
                                 [](const auto& slot) { return slot.worker != nullptr; });
    for (; working < control_.workers.value_or(options_.workers); ++working)
      if (!startNext()) return;
  }

  bool startNext() {
    const auto next = rungs_ ? nextOfRungs() : nextInOrder();
    if (next) start(*next);
    return next.has_value();
  }

  std::optional<size_t> nextInOrder() const {
    const auto wave = waveNow();
    const auto waits = [&](size_t i) {
      return i < slots_.size() && !slots_[i].worker && !slots_[i].held && !isOver(slots_[i]) &&
             waveOf(i) <= wave;
    };
    for (const auto first : control_.first)
      if (waits(static_cast<size_t>(first))) return static_cast<size_t>(first);
    for (size_t i = 0; i < slots_.size(); ++i)
      if (waits(i)) return i;
    return std::nullopt;
  }

  /// Whether there is nothing more to do for it, as far as it is to go.
  bool isOver(const Slot& slot) const {
    return isThrough(slot) ||
           (options_.steps > 0 && slot.info && slot.info->steps >= options_.steps);
  }

  size_t waveOf(size_t run) const {
    if (numbers_.empty()) return 0;
    return numbers_[run] / static_cast<size_t>(rule_->wave);
  }

  /// Of the runs that may be trained: all before it are over.
  size_t waveNow() const {
    for (size_t i = 0; i < slots_.size(); ++i)
      if (!isOver(slots_[i])) return waveOf(i);
    return 0;
  }

  std::vector<fs::path> rivalsOf(size_t run) const {
    std::vector<fs::path> rivals;
    for (size_t i = 0; i < slots_.size() && !numbers_.empty(); ++i) {
      const auto& info = slots_[i].info;
      if (waveOf(i) < waveOf(run) && runs_[i].seed == runs_[run].seed && info &&
          info->state == RunState::finished)
        rivals.push_back(info->folder);
    }
    return rivals;
  }

  std::optional<size_t> nextOfRungs() {
    std::vector<Standing> standings;
    for (const auto& slot : slots_) {
      auto& one = standings.emplace_back();
      one.busy = slot.worker || slot.held;
      one.over = isThrough(slot);
      one.values = slot.values;
    }
    const auto choice = rungs_->next(standings);
    if (!choice) return std::nullopt;
    slots_[choice->run].target = rungs_->steps()[choice->rung];
    return choice->run;
  }

  void start(size_t i) {
    auto& slot = slots_[i];
    if (options_.steps > 0) slot.target = options_.steps;
    WorkerTask task{::getpid(),  {}, options_.folder, base_.folder, slot.target, options_.trust,
                    rivalsOf(i), {}};
    if (rule_) task.rule = *rule_;
    std::string experiment;
    if (slot.info)
      task.run = slot.info->folder;
    else
      experiment = train::toJson(experimentOf(file_, base_, runs_[i])).dump();
    slot.began = slot.info ? slot.info->steps : -1;
    slot.worker = std::make_unique<WorkerProcess>(options_.program, argumentsOf(task), experiment,
                                                  lock_.descriptor());
  }

  void reap() {
    std::vector<std::pair<size_t, int>> ended;
    for (size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].worker)
        if (const auto code = slots_[i].worker->ended()) ended.emplace_back(i, *code);
    if (ended.empty()) return;
    std::vector<std::string> lines;
    for (const auto& [i, code] : ended) {
      lines.push_back(slots_[i].worker->lastLine());
      slots_[i].worker.reset();
    }
    findNew();
    for (size_t k = 0; k < ended.size(); ++k) {
      if (auto& slot = slots_[ended[k].first]; slot.info) refresh(slot);
      judge(ended[k].first, ended[k].second, lines[k]);
    }
  }

  /// What the end of a worker means for its run.
  void judge(size_t i, int code, const std::string& line) {
    auto& slot = slots_[i];
    if (code == kWorkerMustWait || slot.held) return;
    const auto steps = slot.info ? slot.info->steps : -1;
    slot.tries = steps > slot.began ? 1 : slot.tries + 1;
    const bool reached = isDone(slot) || (code == 0 && slot.target > 0);
    if (slot.cancelled && !reached)
      return options_.tell(fmt::format("{}: cancelled", nameOf(slot, runs_[i])));
    if (reached) {
      options_.tell(fmt::format("{}: {} ({} of {} finished)", nameOf(slot, runs_[i]),
                                run::toText(slot.info->state), countDone(), slots_.size()));
      return;
    }
    slot.stopped = code == 0;
    if (slot.stopped) return options_.tell(fmt::format("{}: stopped", nameOf(slot, runs_[i])));
    const bool refused = code == 1 || code == 2;
    slot.failed = refused || slot.tries >= kMostTries;
    const auto reason = line.empty() ? fmt::format("the worker ended with code {}", code) : line;
    options_.tell(fmt::format("{}: {}: {}", nameOf(slot, runs_[i]),
                              slot.failed ? "failed" : "interrupted, and goes on", reason));
  }

  std::int64_t countDone() const { return std::count_if(slots_.begin(), slots_.end(), isDone); }

  void stopAll() {
    for (auto& slot : slots_)
      if (slot.worker) slot.worker->terminate();
    for (auto& slot : slots_) {
      while (slot.worker && !slot.worker->ended()) std::this_thread::sleep_for(kTick);
      if (!slot.worker) continue;
      slot.worker.reset();
      if (slot.info) refresh(slot);
    }
    findNew();
  }

  QueueResult result(bool stopped) const {
    const auto failed =
        std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot.failed; });
    const bool any = std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) {
      return (slot.stopped || slot.cancelled) && !isDone(slot);
    });
    const bool early = std::any_of(slots_.begin(), slots_.end(), [this](const auto& slot) {
      return options_.steps > 0 && !isDone(slot) && !slot.failed;
    });
    QueueResult result{std::ssize(slots_),
                       countDone(),
                       failed,
                       stopped && !control_.paused,
                       stopped && control_.paused,
                       stopped || any || early};
    if (rungs_ && !result.incomplete && result.finished == 0 && failed < result.total)
      result.remark = rungs_->whyNoneEnds(result.total);
    return result;
  }

  const SweepFile& file_;
  const std::vector<SweepRun>& runs_;
  const QueueOptions& options_;
  const SweepLock& lock_;
  train::Experiment base_;
  std::vector<Slot> slots_;
  std::optional<Rungs> rungs_;
  std::optional<DominanceRule> rule_;
  std::vector<size_t> numbers_;    ///< of each run's combination, where others can stop it
  std::optional<run::Mail> mail_;  ///< of a race
  SweepControl control_;
  fs::path other_;  ///< that is waited for
  Clock::time_point looked_;
};

}  // namespace

QueueResult runQueue(const SweepFile& file, const std::vector<SweepRun>& runs,
                     const QueueOptions& options) {
  SweepLock lock(options.folder, options.stop, [&] {
    options.tell(fmt::format("{}: is being run by another process; waits until it ends",
                             options.folder.string()));
  });
  QueueResult result{std::ssize(runs), 0, 0, true, false, true};
  if (!lock.isHeld()) return result;
  lock.note(SweepState::died);  // what it counts as when it is killed
  result = Queue(file, runs, options, lock).run();
  lock.note(result.incomplete   ? SweepState::stopped
            : result.failed > 0 ? SweepState::failed
                                : SweepState::finished);
  return result;
}

}  // namespace eq::study
