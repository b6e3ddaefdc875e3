#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run/run_changes.h"
#include "core/run/run_records.h"
#include "core/train/command.h"
#include "core/train/experiment.h"

namespace eq::train {
class Trainer;
}

namespace eq::run {

/// What happens before anything of a run is written; what it throws ends it there.
struct Before {
  /// Gets the trainer as it begins or goes on, to try commands on its twin.
  std::function<void(const train::Trainer&)> rehearse = {};
  /// Called at every step that a fork makes again.
  std::function<void(std::int64_t step, std::int64_t last)> replayed = {};
};

/// What a fork does otherwise from its step on: part of it, as its first events.
struct Edits {
  std::vector<std::string> settings = {};     ///< PATH=VALUE
  std::vector<train::Command> commands = {};  ///< after those
  bool empty() const { return settings.empty() && commands.empty(); }
};

/// What the loop that trains a run has to know of what others asked for.
struct Asked {
  std::optional<bool> paused;  ///< wait, or go on
  bool stop = false;
  bool changed = false;  ///< commands were applied
};

/// A trainer together with its run folder: the one loop body that the window and the command line
/// share, so that both give the same bits. Every call from one thread, which computes; none returns
/// before its work is done.
class Runner {
 public:
  /// Makes a new run folder below `workspace` and a checkpoint of step 0. What the data's reader
  /// remarked is the record's first notes.
  /// \throws Error when the experiment does not fit or the folder cannot be written.
  static std::unique_ptr<Runner> start(const train::Experiment& experiment,
                                       const std::filesystem::path& workspace,
                                       const Before& before = {});

  /// Continues a run from its last intact checkpoint, with the thread count of then where the
  /// machine has it; records and commands after it are dropped, and made again bit for bit.
  /// \throws Error, and changes nothing, when it is no run, is being trained elsewhere, no
  /// checkpoint is intact, one that may be cannot be read, or its data are not there.
  static std::unique_ptr<Runner> resume(const std::filesystem::path& folder,
                                        const Changes& changes = {}, const Before& before = {});

  /// A new run below `workspace` whose first `step` steps are those of `folder`, made again from
  /// the nearest checkpoint before it; then it is changed by the edits, which are part of it from
  /// its beginning on. The other may be running. \param step -1: that of the last checkpoint.
  /// \throws Error, and leaves nothing behind, when the run has not come so far, and, before a step
  /// is made again, for a field that cannot change in a running job.
  static std::unique_ptr<Runner> fork(const std::filesystem::path& folder, std::int64_t step,
                                      const std::filesystem::path& workspace,
                                      const Changes& changes = {}, const Edits& edits = {},
                                      const Before& before = {});

  ~Runner();

  const std::filesystem::path& folder() const;
  const train::Trainer& trainer() const;
  /// Whether there is nothing more to train: all steps are done, or a rule has stopped the run.
  bool finished() const;

  /// One update; then what is due: evaluation, a checkpoint, a save of the records (twice a
  /// second). \throws Error (failure) when memory, device or disk fail. After a full disk the
  /// records wait in memory, and the next call tries again.
  void step();

  /// \throws Error, and changes nothing, when the command does not fit.
  void apply(const train::Command& command);

  /// An event of the kind "note" that is no command.
  void note(const std::string& text);

  /// Writes a checkpoint of the present step. \returns its file.
  std::filesystem::path checkpoint();

  /// Says in the record and to those who list the run that it waits, or that it goes on.
  void setPaused(bool paused);

  /// What others asked for by `send` since the last call; look between two steps, and while paused.
  /// Commands, checkpoints and pauses are done then; the caller has to wait, go on or stop. Costs a
  /// look at the folder at most ten times a second. \throws Error as step().
  Asked readMail();

  /// Whether the last try to write failed: what was recorded since the one before waits in memory.
  bool unsaved() const;
  /// Tries again, with a checkpoint. \throws Error when that fails as well.
  void secure();
  /// Goes on in a new folder below `workspace`, with the whole record, those checkpoints that can
  /// be read, and one of the present step. \throws Error, and changes nothing, when that fails.
  void moveTo(const std::filesystem::path& workspace);

  /// The records since the last call, which the folder has then as well: call it a few times a
  /// second, and before a pause. When the last save failed it does not try again, and throws
  /// nothing.
  Records take();

  /// Evaluates, checkpoints and marks the run: "finished" when all steps are done, else "stopped".
  /// Can be called again when writing failed. \throws Error (failure) when that fails, or when the
  /// steps are done but none of them could be applied; then call fail().
  void close();
  /// Checkpoints and marks the run as stopped, without the evaluations that close() makes: for who
  /// ends the program, and may not wait. \throws Error (failure) when disk or device fail.
  void leave();
  /// Marks the run as failed with the message; keeps the last checkpoint. Throws nothing: where not
  /// even that can be written, the run counts as died.
  void fail(const std::string& message);

 private:
  class State;
  explicit Runner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace eq::run
