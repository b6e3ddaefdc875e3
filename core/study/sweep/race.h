#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/run/mail.h"
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
/// be alone; begins or continues them, and their clones. One that fails does not stop the others.
/// Asked to stop, or paused (sweep_control.h), all get their checkpoints. What others `send` to a
/// lane is done between two of its steps: a lane that is stopped leaves the race, one that is
/// paused lets its turns go by. \pre beginSweep returned. \throws Error when the folder cannot be
/// written.
std::vector<LaneResult> runRace(const SweepFile& file, const std::vector<SweepRun>& lanes,
                                const RaceOptions& options);

/// Asks who runs the race to fork one of its lanes where that stands, change the fork, and train it
/// as one more lane. \param lane folder of the run. \param settings PATH=VALUE, what a running job
/// can change. \param title of the new run; empty: none of its own.
/// \throws Error when the folder cannot be written.
run::Reply cloneLane(const std::filesystem::path& lane, const std::vector<std::string>& settings,
                     const std::string& title, std::chrono::milliseconds timeout);

}  // namespace eq::study
