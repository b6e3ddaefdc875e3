#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/run/run_folder.h"
#include "core/run/run_values.h"
#include "core/train/experiment.h"
#include "core/train/snapshot.h"

namespace eq::run {

/// Keeps the checkpoints of a run from growing without limit, by `keep` of its experiment.
///
/// The first, the newest two, the best of each task, every n-th and those that somebody asked for
/// stay. Where all together are larger than `size`, the others are thinned: always the one goes
/// whose neighbours lie nearest to each other in steps, so that what stays is spread evenly.
class CheckpointKeeper {
 public:
  /// \param experiment with tasks and metrics filled in.
  CheckpointKeeper(const std::filesystem::path& folder, const train::Experiment& experiment);

  /// Best evaluations and checkpoints asked for, of a run that goes on; of a fork, best since it
  /// began, because the others have no checkpoint in its folder. Those of an earlier version, which
  /// did not note who asked, all count as asked for.
  void recall(const RunReader& reader);
  /// The run has another folder from now on, with copies of its checkpoints.
  void moveTo(const std::filesystem::path& folder) { folder_ = folder; }
  /// Losses of the task up to now are no longer compared with.
  void lossChanged(size_t task);
  void ask(std::int64_t step) { asked_.insert(step); }
  bool isAskedFor(std::int64_t step) const { return asked_.contains(step); }

  /// Whether `keep` wants a checkpoint of this step, whatever else is due.
  bool isDue(std::int64_t step) const;
  /// Whether it wants one of the evaluation's step, because a task was never better.
  bool isBest(const train::EvaluationRecord& evaluation);

  /// Keeps the snapshot of a best step in memory until `writeHeld`, so that a model which improves
  /// with every evaluation does not wait for the disk each time; those that are no longer best are
  /// forgotten. \returns whether what is held should be written now.
  bool hold(std::int64_t step, train::Snapshot snapshot);
  bool holdsAny() const { return !held_.empty(); }
  /// \pre the records up to the held steps are synced. \throws Error when the disk fails.
  void writeHeld();

  /// Removes what is too much. \returns what people should know, once; else empty.
  std::string thin();

 private:
  struct File {
    std::int64_t step = 0;
    double size = 0;  ///< bytes
    bool stays = false;
  };
  std::vector<File> files() const;
  /// The index of the one whose neighbours are nearest; 0: all stay.
  static size_t mostDispensable(const std::vector<File>& files);
  bool hasReason(std::int64_t step) const;
  std::string tell(const std::string& text);

  std::filesystem::path folder_;
  train::KeepSpec keep_;
  std::vector<std::string> metrics_;  ///< by task: the one that says what is best
  std::vector<std::optional<Best>> best_;
  std::set<std::int64_t> asked_;
  std::map<std::int64_t, train::Snapshot> held_;
  std::set<std::string> told_;
};

}  // namespace eq::run
