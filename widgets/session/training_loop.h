#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "widgets/session/job.h"

namespace eq::widgets {

enum class SessionState {
  idle,       ///< nothing is trained
  preparing,  ///< data and model are loaded
  running,
  paused,
  stuck,   ///< the run's folder cannot be written; what was not written waits for an answer
  closing  ///< the last evaluation and checkpoint
};

/// What the window asks of the training thread. A field is read and written in Mailbox only.
struct Inbox {
  std::vector<train::Command> commands;
  bool paused = false;
  int steps = 0;     ///< still to do while paused
  double limit = 0;  ///< steps a second; 0: none
  bool checkpoint = false;
  bool stop = false;
  bool retry = false;                           ///< while stuck
  std::optional<std::filesystem::path> moveTo;  ///< while stuck
  std::optional<train::ExampleRequest> watched;
  bool look = false;  ///< at once
  std::vector<std::int64_t> pictures;
  std::optional<train::PredictionRequest> predicted;
  bool lookAtPredictions = false;                ///< at once
  std::optional<train::FrontLookRequest> front;  ///< watched
  bool frontLook = false;                        ///< at once
};

/// Holds the inbox for two threads.
class Mailbox {
 public:
  /// Any thread; does not block.
  void ask(const std::function<void(Inbox&)>& change);
  void wake() { changed_.notify_all(); }

 private:
  friend class TrainingLoop;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Inbox inbox_;
};

/// What the training thread tells.
namespace told {
struct Refused {
  train::Command command;
  std::string reason;
};
struct Checkpointed {
  std::string file;
};
struct Stuck {
  std::string problem;
};
struct Moved {
  std::filesystem::path folder;
};
struct ExamplesRefused {
  std::string reason;
};
struct PredictionsRefused {
  std::string reason;
};
struct FrontRefused {
  std::string reason;
};
/// A fork makes the steps of its parent again.
struct Replayed {
  std::int64_t step, last;
};
struct Ended {
  std::string problem;
};
using Pictures = std::vector<train::ExamplePicture>;
}  // namespace told

using Told =
    std::variant<RunFacts, SessionState, run::Records, train::Experiment, told::Refused,
                 told::Checkpointed, told::Stuck, told::Moved, told::Ended, told::Replayed,
                 train::ExampleView, told::ExamplesRefused, told::Pictures, train::PredictionPage,
                 told::PredictionsRefused, train::FrontLook, told::FrontRefused>;

/// Trains one job until it is finished or told to stop, and does between two steps what the mailbox
/// asks. Lives in the training thread.
class TrainingLoop {
 public:
  using Tell = std::function<void(Told)>;

  /// All outlive the loop.
  TrainingLoop(Job& job, Mailbox& mailbox, const std::stop_token& token, const Tell& tell);

  /// \throws Error when training fails, or the run was stopped while it could not be written.
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  /// Waits until there is something to do, and takes it out of the mailbox.
  Inbox await();
  /// Takes what others asked for by `send` into the mailbox.
  void readMail();
  /// Says that the run now waits or goes on, when that has changed.
  void announce();
  bool isAsked() const;
  Clock::time_point nextStep(double limit) const;
  void obey(const Inbox& taken);
  void apply(const std::vector<train::Command>& commands);
  /// Calls `work`. When it cannot write, waits for an answer until what it did is written.
  /// \returns whether `work` came to its end. \throws Error as run().
  bool secured(const std::function<void()>& work);
  /// One answer while stuck. \returns why it is stuck still; empty when it no longer is.
  std::string takeAnswer(const std::string& problem);
  /// What was recorded since; the folder has it then as well.
  void tellRecords();
  void tell(run::Records records);
  void tellExamples(const Inbox& taken);
  // A look costs as much as an evaluation: those that a moving run makes of itself take at most a
  // twentieth of the time.
  void tellPredictions(const Inbox& taken, bool moved);
  void tellFront(const Inbox& taken, bool moved);
  /// When, after a look that began then, the next one is due.
  static Clock::time_point nextLook(Clock::time_point begun);

  Job& job_;
  Mailbox& mailbox_;
  const std::stop_token& token_;
  const Tell& tell_;
  SessionState shown_ = SessionState::preparing;
  Clock::time_point stepped_{};  ///< when the last step began
  Clock::time_point told_ = Clock::now(), looked_ = told_;
  Clock::time_point nextPredictions_ = told_, nextFront_ = told_;
};

}  // namespace eq::widgets
