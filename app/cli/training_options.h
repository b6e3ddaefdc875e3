#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "app/cli/drive.h"
#include "core/run/run_changes.h"
#include "core/run/runner.h"

namespace CLI {
class App;
}

namespace eq::run {
class RunReader;
}

namespace eq::cli {

/// What all commands that train take.
struct TrainingOptions {
  std::string commands;  ///< a file
  bool trust = false;
  DriveOptions drive;
};

/// --steps, --json, --quiet. \param least number of steps.
void addDriveOptions(CLI::App& command, DriveOptions& drive, std::int64_t least);
/// These, --commands and --trust.
void addTrainingOptions(CLI::App& command, TrainingOptions& options, std::int64_t least = 1);

/// --data, --epochs, --device, --title: of a run that goes on.
void addChangeOptions(CLI::App& command, run::Changes& changes);

/// Reads the file of --commands. \throws Error naming the entry.
void readCommandsOf(TrainingOptions& options, Context& context);

/// What --trust says of the losses that --commands swaps in. \param folder where their paths start.
void trustCommandsOf(const TrainingOptions& options, const std::filesystem::path& folder);

/// Where relative paths of the run start.
std::filesystem::path dataFolderOf(const run::RunReader& reader);

/// Tries --commands before anything is written. \pre `options` lives as long.
run::Before rehearsalOf(const TrainingOptions& options);

}  // namespace eq::cli
