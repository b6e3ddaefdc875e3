#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/study/comparison.h"

namespace eq::study {

/// What a comparison is made from.
struct ComparisonRuns {
  std::vector<ComparedRun> runs;
  std::vector<ComparedRun> single;       ///< of another folder, to be compared with
  std::vector<std::string> unread = {};  ///< runs that could not be read, and why
};

/// Called before each run is read; what it throws ends the reading.
using BeforeRun = std::function<void(std::size_t done, std::size_t all)>;

/// All that the arguments stand for, each folder once.
/// \throws Error for one that is no run and holds none.
std::vector<std::filesystem::path> comparedFolders(
    const std::vector<std::filesystem::path>& arguments);

/// \param single a folder of single-task runs, of which those that the arguments named already are
/// left out; empty: none. \throws Error when no run can be read, or `single` holds none.
ComparisonRuns readComparisonRuns(
    const std::vector<std::filesystem::path>& arguments, const std::filesystem::path& single,
    const ValueChoice& choice, const BeforeRun& before = [](std::size_t, std::size_t) {});

/// The single-task runs of a folder, without those that are among `runs`. \throws Error when it
/// holds none, or one cannot be read.
std::vector<ComparedRun> readSingleRuns(const std::filesystem::path& folder,
                                        const std::vector<ComparedRun>& runs,
                                        const ValueChoice& choice);

/// What a person should know of the numbers: runs that have not ended, and the remarks.
std::vector<std::string> warningsOf(const ComparisonRuns& runs, const Comparison& comparison);

}  // namespace eq::study
