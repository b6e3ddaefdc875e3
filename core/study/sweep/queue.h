#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/study/sweep/dominated.h"
#include "core/study/sweep/sweep_file.h"

namespace eq::study {

struct QueueOptions {
  std::filesystem::path folder;   ///< of the sweep
  std::filesystem::path program;  ///< equipoise-cli
  std::int64_t workers = 1;       ///< unless the folder says how many
  std::int64_t threads = 1;       ///< of each worker
  std::int64_t steps = 0;         ///< to stop after, of each run since it began; 0: all
  bool trust = false;             ///< whether the scripts that losses name may run
  std::function<bool()> stop = [] { return false; };  ///< asked a few times a second
  std::function<void(const std::string&)> tell = [](const std::string&) {};  ///< progress
};

struct QueueResult {
  std::int64_t total = 0;
  std::int64_t finished = 0;
  std::int64_t failed = 0;
  bool stopped = false;     ///< as it was asked to
  bool paused = false;      ///< as its folder asked it to
  bool incomplete = false;  ///< it, or one of the runs, was stopped or cancelled
  std::string remark = {};  ///< what a person should know of its end; else empty
};

/// Runs or continues a sweep: what is finished stays, what was interrupted goes on from its
/// checkpoint, each in a worker process, so many at once; a run that another process trains is
/// waited for. What a person asks for in the folder (sweep_control.h) is done within a second.
/// Returns when all ended, or, asked to stop or paused, when all have their checkpoints. The thread
/// that calls must live on meanwhile. \pre beginSweep(file, folder) and checkRuns(file, runs)
/// returned. \throws Error when a worker cannot be started or the folder cannot be written.
QueueResult runQueue(const SweepFile& file, const std::vector<SweepRun>& runs,
                     const QueueOptions& options);

/// What a worker is told: by its arguments, and of a new run the experiment on standard input.
struct WorkerTask {
  std::int64_t parent = 0;                         ///< process without which it has nothing to do
  std::filesystem::path run;                       ///< to go on with; empty: a new one
  std::filesystem::path out;                       ///< where a new one is made
  std::filesystem::path data;                      ///< where relative paths of a new one start
  std::int64_t steps = 0;                          ///< to stop after, since the run began; 0: all
  bool trust = false;                              ///< whether the scripts that losses name may run
  std::vector<std::filesystem::path> rivals = {};  ///< that can stop it; see dominated.h
  DominanceRule rule = {};                         ///< by what, where there are rivals
};

/// Exit code of a worker whose run another process trains.
constexpr int kWorkerMustWait = 75;

}  // namespace eq::study
