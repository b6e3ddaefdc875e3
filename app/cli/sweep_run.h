#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "core/study/sweep/sweep_file.h"

namespace eq::cli {

/// How the runs of a sweep are trained.
struct SweepOptions {
  std::string out;
  std::optional<std::int64_t> workers;  ///< else as many as the cores allow
  std::optional<std::int64_t> threads;  ///< of each; else the experiment's, or 1
  std::string single;                   ///< folder of single-task runs
  bool slurm = false;                   ///< whether a cluster trains them
  std::string partition;                ///< of it
  bool queued = false;                  ///< whether it waits for earlier ones beside it
  std::string notify;                   ///< a command that is run at the end; empty: none
  bool trust = false;
  bool json = false;
  bool quiet = false;
};

/// --out and the others.
void addSweepOptions(CLI::App& command, SweepOptions& options);
/// The others.
void addQueueOptions(CLI::App& command, SweepOptions& options);

/// This program, or the one beside the program that this is a part of: what workers run.
std::filesystem::path workerProgram();
/// What queue and race tell, as lines on err.
std::function<void(const std::string&)> progressOf(bool quiet, Context& context);

/// Warns of what in the key "sweep" its method does not read.
void tellUnread(const study::SweepFile& file, Context& context);

/// Lets the scripts of all runs run.
void trustSweep(const study::SweepFile& file, const std::vector<study::SweepRun>& runs);

/// Runs or continues a sweep, and prints how it ended; sets the exit code to 1 when a run failed,
/// to 128 and the signal's number when one came.
/// \throws Error before the first run where file, folder or a combination do not fit.
void runSweep(const study::SweepFile& file, const SweepOptions& options, Context& context);

}  // namespace eq::cli
