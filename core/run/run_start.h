#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/run/run_changes.h"
#include "core/run/run_folder.h"
#include "core/train/experiment.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

namespace eq::run {

/// Makes a new folder below `workspace`: `20261123-093512-two-digits`, with a number behind it when
/// that is taken. \throws Error when it cannot be made.
std::filesystem::path makeRunFolder(const std::filesystem::path& workspace,
                                    const std::string& experimentName);

/// A trainer that goes on from a snapshot, and how it differs from the one that made it.
struct Restored {
  std::unique_ptr<train::Trainer> trainer;
  Position position;                       ///< of the run's records when the snapshot was taken
  double seconds = 0;                      ///< of training until then
  std::vector<std::string> differences;    ///< why the bits may differ; empty when they will not
  std::vector<std::string> otherData;      ///< the splits whose values are not those of then
  std::vector<std::string> otherTeachers;  ///< tasks whose teacher is not that of then
  std::string longer;                      ///< what another number of epochs means; else empty
  std::vector<std::string> moves;          ///< files that were found elsewhere than then
  bool isBeginning = false;                ///< there was no checkpoint
  std::vector<std::string> damaged = {};   ///< messages about checkpoints that were passed over
};

/// How a trainer's machinery differs from what `made` tells of, the metadata of a snapshot or the
/// event of a beginning: "LibTorch 2.15 instead of 2.14".
std::vector<std::string> differencesFrom(const nlohmann::json& made, const train::Trainer& trainer);

/// Sets the calling thread's number of threads to `recorded` where the experiment names none and
/// the machine has them. \returns the number in force.
std::int64_t useThreadsOf(const train::Experiment& experiment, std::int64_t recorded);

/// Trains so many epochs in all, and says what that means. \param name of the run, for messages.
/// \throws Error when the number is out of range or leaves nothing to do.
void prolong(Restored& restored, double epochs, const std::string& name);

/// Sets the calling thread's number of threads to that of the snapshot where the machine has them.
/// \param name of the file, for messages. \throws Error when the snapshot is not that of a run, the
/// data are not there or have other sizes than those of then, or the changes leave nothing to do.
Restored restore(const train::Snapshot& snapshot, const std::string& name, const RunReader& reader,
                 const Changes& changes);

/// A trainer at the run's beginning, for one that was killed before its first checkpoint.
Restored restart(const RunReader& reader, const Changes& changes);

/// What differs, to stand behind "resumed at step 8"; empty when nothing does.
std::string inWords(const Restored& restored);

/// A checkpoint that is intact.
struct Checkpoint {
  std::int64_t step = -1;  ///< -1: there is none
  train::Snapshot snapshot;
  std::filesystem::path file;
  std::vector<std::string> damaged;  ///< messages about newer ones
};

/// The newest of a run, up to a step; none where none is intact. \throws Error when one cannot be
/// read before an intact one is found, because only what was read can count as damaged.
Checkpoint newestIntact(const std::filesystem::path& folder, std::int64_t last);

/// The newest of a run. \throws Error when there are checkpoints, and none is intact; and when one
/// cannot be read before an intact one is found, because only what was read can count as damaged.
Checkpoint newestCheckpoint(const std::filesystem::path& folder);

/// Renames the checkpoints after `step`, which are damaged, to `*.damaged`.
void setAsideAfter(const std::filesystem::path& folder, std::int64_t step);

}  // namespace eq::run
