#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/study/sweep/sweep_file.h"

namespace eq::study {

/// How a sweep is handed to a cluster that runs Slurm.
struct SlurmOptions {
  std::filesystem::path folder;   ///< of the sweep, on a file system that all nodes share
  std::filesystem::path program;  ///< equipoise-cli, likewise
  std::filesystem::path data;     ///< where relative paths of the experiments start
  std::string name;               ///< of the job
  std::string partition;          ///< empty: the cluster's own choice
  std::int64_t threads = 1;       ///< cores of each run
  std::int64_t workers = 0;       ///< runs at a time; 0: as many as there is room for
  bool trust = false;             ///< whether the scripts that losses name may run
};

/// "0-3,7": which of the runs of a sweep are not over, by their numbers; empty when all are.
std::string openRuns(const SweepFile& file, const std::vector<SweepRun>& runs,
                     const std::filesystem::path& folder);

/// A batch script whose job array trains a run a task. A warning of its end (USR1, before the time
/// limit and where the cluster sends it before it pre-empts) gives a checkpoint, and the task goes
/// back into the queue; pre-empted by SIGTERM it gives one as well, and Slurm puts it back.
std::string slurmScript(const SlurmOptions& options, const std::string& array);

/// Writes the script into the folder, submits it, and notes there that the sweep is with Slurm.
/// \returns the number of the job. \throws Error with what sbatch says.
std::string submitToSlurm(const SlurmOptions& options, const std::string& array);

}  // namespace eq::study
