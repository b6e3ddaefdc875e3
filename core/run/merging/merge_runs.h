#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/merging/merge_progress.h"

namespace eq::run {

/// Runs whose models become one.
struct MergeRequest {
  std::string id;                   ///< of the method
  nlohmann::json params = nullptr;  ///< of the method; λ may be "search"
  std::string base;                 ///< RUN[@STEP], of which there is a checkpoint
  std::vector<std::string> runs;    ///< the experts: RUN[@STEP], or checkpoints' files
  std::string small = {};           ///< of logits_fusion: the small base
  std::filesystem::path out;        ///< becomes the run; must not exist, or be empty
  std::uint64_t seed = 0;           ///< of what the method draws
  std::string device = {};          ///< that computes; empty: the base's
};

/// What a merge says of itself.
struct MergeOutcome {
  nlohmann::json report;  ///< as in `merge.json`
  std::vector<std::string> warnings;
};

/// What a merge into the folder keeps beside it while it takes many steps, whether it is there or
/// not; see merge_memory.h.
std::filesystem::path mergeStateFile(const std::filesystem::path& out);

/// Merges runs that were trained from one base into a run folder: a fork of the base at its step
/// with the merged parameters, a fresh optimizer and balancer, evaluations of the validation and
/// the test split and `merge.json`. Heads are from the run that trained the task. The test split is
/// for the report alone: nothing is chosen or learned by it. What `progress` throws, and who kills
/// the program, ends the merge and leaves no folder; of a method that takes many steps a file stays
/// beside it, with which the same request goes on (merge_memory.h).
/// \throws Error, and leaves nothing behind, for a method that merges no runs, its parameters,
/// models that do not agree (all tensors are named), and a folder that is not empty.
MergeOutcome mergeRuns(const MergeRequest& request, const MergeProgress& progress = {});

}  // namespace eq::run
