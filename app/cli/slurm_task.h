#pragma once

#include <cstdint>
#include <filesystem>

#include "app/cli/cli.h"

namespace eq::cli {

/// One task of a job array: a run of the sweep in a folder.
struct SlurmTask {
  std::int64_t index = -1;  ///< of the run in the sweep
  std::filesystem::path folder;
  std::filesystem::path data;  ///< where relative paths of its experiment start
  std::int64_t threads = 1;
  bool trust = false;
};

/// Trains the run, from its checkpoint where it was begun; nothing where it is over. An end signal
/// leaves a checkpoint and sets the exit code to 128 and its number.
void trainSlurmTask(const SlurmTask& task, Context& context);

}  // namespace eq::cli
