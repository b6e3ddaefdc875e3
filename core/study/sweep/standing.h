#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/study/sweep/sweep_control.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::study {

/// One of the runs that a sweep or race stands for.
struct RunStanding {
  SweepRun run;
  std::optional<run::RunInfo> info;  ///< nothing before it has a folder

  bool isRunning() const { return info && run::isHeld(info->state); }
  bool hasFailed() const { return info && info->state == run::RunState::failed; }
};

/// How a sweep or race and its runs stand.
struct SweepStanding {
  std::filesystem::path folder;
  std::string name;    ///< of the experiment
  std::string method;  ///< of the sweep; "lanes" of a race
  SweepState state = SweepState::stopped;
  SweepControl control;
  std::filesystem::path other;  ///< that it waits for; empty: none
  std::vector<RunStanding> runs;
  std::vector<run::RunInfo> clones;  ///< runs that were forked from others of the folder
  std::int64_t finished = 0, failed = 0, running = 0;
  std::int64_t stopped = 0;                          ///< neither, as those that asha left behind
  std::int64_t waiting = 0;                          ///< that have no folder yet
  std::optional<double> secondsLeft = std::nullopt;  ///< while it is running and something is known

  bool isCancelled(std::size_t run) const {
    return control.cancelled.contains(static_cast<std::int64_t>(run));
  }
};

/// Reads the folder and all its runs. \throws Error when it holds no sweep.
SweepStanding standingOf(const std::filesystem::path& folder);

/// The sweeps and races directly below a workspace, newest first.
std::vector<std::filesystem::path> sweepsIn(const std::filesystem::path& workspace);

}  // namespace eq::study
