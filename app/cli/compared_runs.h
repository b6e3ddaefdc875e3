#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/study/comparison.h"

namespace CLI {
class App;
}

namespace eq::cli {

/// Which runs are compared, and how: what all commands that do so take.
struct ComparisonOptions {
  std::vector<std::string> arguments;
  std::string by, baseline, single;
  std::string split = "test", value = "final";
};
/// RUN..., --by, --baseline, --single, --split, --value.
void addComparisonOptions(CLI::App& command, ComparisonOptions& options);
study::ComparisonRequest requestOf(const ComparisonOptions& options);

/// All that the arguments stand for, each folder once.
std::vector<std::filesystem::path> foldersOfRuns(const std::vector<std::string>& arguments);
std::vector<study::ComparedRun> readRuns(const std::vector<std::string>& arguments,
                                         const study::ValueChoice& choice);
/// The baselines among the runs of `--single`, without those that the arguments named already.
std::vector<study::ComparedRun> readSingleRuns(const ComparisonOptions& options,
                                               const std::vector<study::ComparedRun>& runs,
                                               const study::ValueChoice& choice);

}  // namespace eq::cli
