#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/run/checkpoint_keeper.h"
#include "core/run/mail.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/wishes.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

namespace eq::run {

/// What a Runner holds: see there. Its parts lie in runner_steps.cpp (one step and what is due),
/// runner_saving.cpp (records and checkpoints), runner_end.cpp (pause, end, another folder),
/// runner_mail.cpp (what others ask for).
class Runner::State {
 public:
  using Clock = std::chrono::steady_clock;

  State(const std::filesystem::path& folder, std::unique_ptr<train::Trainer> trainer,
        std::unique_ptr<RunWriter> writer, double seconds = 0)
      : folder_(folder),
        trainer_(std::move(trainer)),
        writer_(std::move(writer)),
        keeper_(folder, trainer_->experiment()),
        mail_(folder),
        seconds_(seconds) {}
  ~State();

  const std::filesystem::path& folder() const { return folder_; }
  const train::Trainer& trainer() const { return *trainer_; }
  bool finished() const { return trainer_->finished() || !stoppedBy_.empty(); }

  /// Records that training begins here: with what, and whether something differs from before.
  void begin(const std::string& kind, const std::string& text, nlohmann::json detail = {});
  void note(const std::string& kind, const std::string& text, nlohmann::json detail);
  /// What the data's reader took for granted, and remarked.
  void noteWarnings();
  /// The first evaluation of a run, at which its rules look as at all that are prescribed.
  void evaluateFirst();
  /// \returns whether it was made and a task was never better.
  bool evaluateOnce(train::SplitName split);
  /// Intervals of the newest evaluation of the split.
  void bootstrap(train::SplitName split);
  /// Events that the folder has already, for those who take the records.
  void tell(const std::vector<train::EventRecord>& events);
  /// What the record has: evaluations of this step, which need no other, best ones, and checkpoints
  /// that were asked for.
  void recall(const RunReader& reader);

  void step();
  void apply(const train::Command& command);
  std::filesystem::path checkpoint(bool asked);
  /// Writes again what could not be written.
  void secure();
  void setPaused(bool paused);
  Asked readMail();
  bool unsaved() const { return diskFailed_; }
  void moveTo(const std::filesystem::path& workspace);
  Records take();
  void close();
  void leave();
  void fail(const std::string& message);

 private:
  bool isCheckpointDue() const;
  /// Does what the rules found.
  void obeyRules();
  void obey(const train::RuleAction& action, const std::string& why);
  /// Once.
  void noteEnd(bool done, const std::string& further);
  /// \returns the file.
  std::filesystem::path writeCheckpoint();
  /// With where the records stand.
  train::Snapshot snapshot() const;
  void holdBest();
  void writeHeld();
  void thin();
  void collect();
  void save(bool synced = false);
  /// Remembers when `work`, which writes, fails.
  template <typename Work>
  void writing(Work work) {
    diskFailed_ = true;
    work();
    diskFailed_ = false;
  }
  void writeState(RunState state, const std::string& message = {});
  void obey(const Letter& letter, Asked& asked);
  void obey(const Wish& wish, Asked& asked);
  /// Answers those whose work is written.
  void answerDone();
  void answerAll(std::vector<Letter>& letters, const std::string& refusal);
  /// The record and the checkpoints in a new folder, which exists.
  /// \param lost steps whose checkpoints cannot be copied.
  std::unique_ptr<RunWriter> copyInto(const std::filesystem::path& folder,
                                      std::vector<std::int64_t>& lost);

  std::filesystem::path folder_;
  std::unique_ptr<train::Trainer> trainer_;
  std::unique_ptr<RunWriter> writer_;
  CheckpointKeeper keeper_;
  Mail mail_;
  std::vector<Letter> done_;        ///< the answer waits until what was done is written
  std::vector<Letter> untilClose_;  ///< those that asked for the end
  Records unsaved_;
  Records untaken_;
  bool diskFailed_ = false;                ///< the last save or checkpoint failed
  bool ruleChanged_ = false;               ///< the experiment, since the last look for mail
  std::string stoppedBy_;                  ///< a rule, and why
  bool ended_ = false;                     ///< that is noted
  RunState runState_ = RunState::running;  ///< as the folder should have it
  bool stateWritten_ = true;               ///< and has it
  double seconds_;                         ///< of training, at the newest record
  std::map<train::SplitName, std::int64_t> evaluatedAt_;  ///< newest since the last command
  Clock::time_point savedAt_ = Clock::now();
  Clock::time_point mailReadAt_{};
  Clock::time_point checkpointedAt_ = Clock::now();
  Clock::time_point heldSince_;
  Clock::duration checkpointAfter_ = std::chrono::seconds(10);
};

/// With what a trainer computes, for the event of a beginning.
nlohmann::json machineryOf(const train::Trainer& trainer);
/// Who owns what of its model now: `owners` of train::describe.
nlohmann::json ownersOf(const train::Trainer& trainer);

/// What the run's files hold must be readable again. \throws Error when it is not.
void requireReadable(const train::Experiment& experiment);

/// As the run began, for `run`.
void writeExperiment(const std::filesystem::path& folder, const nlohmann::json& experiment);

/// Calls `work`; when it throws, nothing of the new folder stays behind.
template <typename Work>
auto orRemove(const std::filesystem::path& folder, Work work) {
  try {
    return work();
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    throw;
  }
}

}  // namespace eq::run
