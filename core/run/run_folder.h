#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/task.h"
#include "core/run/run_records.h"

namespace eq::run {

class Database;
class RunLock;

// A run folder holds
//   experiment.json                     the experiment as it began, for people and `run`
//   run.sqlite (-wal, -shm)             the records; the schema below
//   checkpoints/step-00000100.safetensors
//   lock                                held by the process that trains
//
//   info(key, value)                    experiment, data_folder, state, message, created, updated,
//                                       total_steps, tasks, task_infos, title; id, a random text
//                                       made once a run; of a fork parent, parent_folder (from the
//                                       run where that is shorter), parent_step, parent_id
//   steps(step, epoch, examples, seconds, learning_rate)
//   task_steps(step, task, loss, weight)
//   terms(step, task, place, term, value) of losses that have parts; task -1: penalties
//                                       of the model
//   conflicts(step, source, condition_number, sum_norm, update_norm, norms, cosines)
//   layer_conflicts(step, place, layer, norms, cosines)
//                                       where `conflict.layers` asks for them; cosines of pairs
//   affinities(step, losses, after)     at steps of `affinity.every`: losses [K] of the batch, and
//                                       [K * K] after a step for one task alone, row by row
//   observations(step, name, task, place, shape, values)
//                                       what the model records of itself where `observe` asks for
//                                       it; task NULL: the model's; place: which of several
//   preferences(step, sample, task, value)
//                                       that a step was trained at, where a front is trained
//   points(step, point)                 of analytic problems
//   evaluations(id, step, epoch, seconds, split)
//   evaluation_values(evaluation, task, metric, value)
//   class_reports(evaluation, task, classes, confusion, bins)
//                                       confusion [classes * classes], row = target, column =
//                                       prediction, empty for more than 200 classes; bins [3 * 15]:
//                                       counts, sums of confidence, right ones
//   fronts(evaluation, point, task, preference, loss, metrics)
//                                       of the validation split, where a front is trained; metrics:
//                                       a JSON object of the others, NaN as {"$number": "nan"}
//   homes(id, folder)                   absolute folders in which the run lay while it was trained
//   intervals(evaluation, task, metric, low, high, confidence, resamples)
//   events(id, step, seconds, kind, text, detail)
//
// Tasks are numbered from 0; info "tasks" has their names as JSON, "task_infos" also kind, width,
// class names and unit. norms [K], cosines [K * K], shape, values,
// point, confusion and bins are BLOBs of little-endian float64. NaN and negative zero, which SQLite
// does not have, are BLOBs of eight bytes; all other numbers are REAL. Times are seconds since
// 1970. A run of an earlier version may lack tables: it is read without them, and gets them when it
// is trained on.

enum class RunState {
  running,
  paused,  ///< a process holds it, and trains when it is told to
  finished,
  stopped,
  failed,
  died  ///< marked as running, but no process holds its lock
};
std::string toText(RunState state);
/// Whether a process holds the run.
bool isHeld(RunState state);

/// What a table of runs shows.
struct RunInfo {
  std::filesystem::path folder;
  std::string name;   ///< of the experiment
  std::string title;  ///< what a person called the run; else empty
  RunState state = RunState::running;
  std::string message;     ///< why it failed; else empty
  std::int64_t steps = 0;  ///< of the newest record
  std::int64_t totalSteps = 0;
  double created = 0;  ///< seconds since 1970
  double updated = 0;  ///< newest record, seconds since 1970
  std::string parent;  ///< name of the folder that a fork was made from; else empty
  std::int64_t parentStep = 0;
  std::string id = {};                      ///< made once; empty: the run is of an earlier version
  std::string parentId = {};                ///< empty: not known
  std::filesystem::path parentFolder = {};  ///< absolute, where the parent lay; else empty
  bool imported = false;                    ///< made by another program: it cannot be trained here

  /// What the run is called where it is shown.
  const std::string& shown() const { return title.empty() ? name : title; }
  bool operator==(const RunInfo&) const = default;
};

struct CheckpointInfo {
  std::int64_t step = 0;
  std::filesystem::path path;
};

/// How many events and evaluations the run had: what a checkpoint remembers, because several can
/// stand at one step, before and after it.
struct Position {
  std::int64_t events = 0;
  std::int64_t evaluations = 0;
};

/// Of the newest event and evaluation.
Position positionIn(Database& database);

std::filesystem::path databaseFile(const std::filesystem::path& folder);
std::filesystem::path checkpointFile(const std::filesystem::path& folder, std::int64_t step);
/// By step. \throws Error when it cannot be known which there are.
std::vector<CheckpointInfo> allCheckpointsIn(const std::filesystem::path& folder);
/// Those that can be listed, by step.
std::vector<CheckpointInfo> checkpointsIn(const std::filesystem::path& folder);

/// Whether `folder` holds a run, whatever its state.
bool isRun(const std::filesystem::path& folder);
/// \throws Error when it does not, which says what is missing in it.
void requireRun(const std::filesystem::path& folder);

/// The runs directly below `workspace`, oldest first. Folders that are no runs, or cannot be read,
/// are passed over.
std::vector<RunInfo> listRuns(const std::filesystem::path& workspace);

/// The id of a run; one of an earlier version gets it now. Another process may be training it.
/// \returns an empty text where it has none and cannot be written.
std::string idOf(const std::filesystem::path& folder);

/// Calls a run so; an empty text takes that back. Another process may be training it.
/// \throws Error when the folder is no run or cannot be written.
void setTitle(const std::filesystem::path& folder, const std::string& title);

/// Writes a run's records. Holds the folder's lock while it lives. One thread.
class RunWriter {
 public:
  /// How a run begins.
  struct Start {
    nlohmann::json experiment;
    std::string dataFolder;
    std::vector<TaskInfo> tasks;
    std::int64_t totalSteps = 0;
  };

  /// Makes the run in `folder`, which must exist and be empty.
  static std::unique_ptr<RunWriter> create(const std::filesystem::path& folder, const Start& start);

  /// How a fork begins: with the record of its parent up to a step.
  struct ForkStart {
    std::filesystem::path parent;
    std::string parentId;
    std::int64_t step = 0;
    nlohmann::json experiment;
    std::string dataFolder;
    std::int64_t totalSteps = 0;
    std::string title;
    std::vector<train::EventRecord> events;  ///< its first own ones
  };

  /// Makes the fork in `folder`, which must exist and be empty. `beforeItStands` is called with
  /// where its records end when they are written and nobody sees a run yet.
  static std::unique_ptr<RunWriter> createFork(
      const std::filesystem::path& folder, const ForkStart& start,
      const std::function<void(const Position&)>& beforeItStands);

  /// \throws Error when it is no run, or another process trains it.
  static std::unique_ptr<RunWriter> open(const std::filesystem::path& folder);

  /// Makes in `folder`, which must exist and be empty, a copy of the records to go on with, also
  /// when the present folder was moved or deleted.
  std::unique_ptr<RunWriter> copyTo(const std::filesystem::path& folder);

  ~RunWriter();

  /// All, or nothing and an Error, also when the folder is no longer the one that was opened.
  /// Survives the death of the process at once.
  /// \param synced survives a loss of power as well; costs a wait for the disk.
  void append(const Records& records, bool synced = false);

  Position position() const;
  /// Drops all records after a checkpoint; events that tell of checkpoints up to `step` stay.
  void truncateAfter(std::int64_t step, const Position& position);

  void setState(RunState state, const std::string& message = {});
  /// Notes where the run lies, and where relative paths of its experiment start now.
  void setPlace(const std::filesystem::path& dataFolder);
  void setTotalSteps(std::int64_t steps);
  void setExperiment(const nlohmann::json& experiment);
  void setTitle(const std::string& title);

 private:
  RunWriter(const std::filesystem::path& folder, std::unique_ptr<RunLock> lock,
            std::unique_ptr<Database> database);
  void setInfo(const std::string& key, const std::string& value);
  /// SQLite goes on to write into a file that was moved or deleted. \throws Error then.
  void requireInPlace() const;

  std::filesystem::path folder_;
  std::uint64_t file_;  ///< its number in the file system
  std::unique_ptr<RunLock> lock_;
  std::unique_ptr<Database> database_;
};

/// Reads a run, also while another thread or process writes it. One thread.
class RunReader {
 public:
  /// \throws Error when `folder` holds no run.
  explicit RunReader(const std::filesystem::path& folder);
  ~RunReader();

  const std::filesystem::path& folder() const { return folder_; }
  RunInfo info() const;
  /// The experiment as it began, for `train::experimentFromJson` with `dataFolder`.
  nlohmann::json experiment() const;
  std::filesystem::path dataFolder() const;
  /// The absolute folders in which the run lay while it was trained, oldest first.
  std::vector<std::filesystem::path> homes() const;
  /// Their names.
  std::vector<std::string> tasks() const;
  /// The tasks as the data describes them; of a run of an earlier version only their names.
  std::vector<TaskInfo> taskInfos() const;

  /// The steps above `after`, up to `last`, in order.
  std::vector<train::StepRecord> steps(
      std::int64_t after = 0, std::int64_t last = std::numeric_limits<std::int64_t>::max()) const;
  /// Those above the id `after`, in order.
  std::vector<train::EvaluationRecord> evaluations(std::int64_t after = 0) const;
  /// The newest of each split, without class reports and fronts: what a table of runs shows.
  std::vector<train::EvaluationRecord> newestEvaluations() const;
  /// Those above the id `after`, in order.
  std::vector<train::EventRecord> events(std::int64_t after = 0) const;
  /// The newest ids.
  Position position() const;
  /// Calls `work`, whose reading sees one moment of the record.
  void inOneMoment(const std::function<void()>& work) const;
  /// By step; those that stand in the folder now.
  std::vector<CheckpointInfo> checkpoints() const;

 private:
  std::string infoText(const std::string& key) const;
  std::int64_t newestIn(const std::string& table) const;
  std::filesystem::path infoPath(const std::string& key) const;

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace eq::run
