#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/study/sweep/sweep_file.h"

namespace eq::study {

struct RaceOptions {
  std::filesystem::path folder;  ///< of the race, as of a sweep
  std::int64_t slice = 10;       ///< steps that a lane goes before the next one's turn
  std::int64_t steps = 0;        ///< to stop after, since the lanes began; 0: all
  std::function<bool()> stop = [] { return false; };                         ///< asked at each turn
  std::function<void(const std::string&)> tell = [](const std::string&) {};  ///< progress
};

/// How a lane ended.
struct LaneResult {
  std::filesystem::path folder;  ///< empty where it could not begin
  std::int64_t steps = 0;
  bool finished = false;
  std::string message;  ///< why it failed; else empty
};

/// Trains the lanes of a race in turn, each a run of its own with its own thread count, as it would
/// be alone; begins or continues them. One that fails does not stop the others. Asked to stop, all
/// get their checkpoints. \pre beginSweep returned. \throws Error when the folder cannot be
/// written.
std::vector<LaneResult> runRace(const SweepFile& file, const std::vector<SweepRun>& lanes,
                                const RaceOptions& options);

}  // namespace eq::study
