#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/run/run_folder.h"
#include "core/train/snapshot.h"

namespace eq::run {

/// The run that a merge makes.
struct MergedRun {
  RunWriter::ForkStart start;  ///< a fork of the base, with the events of the merge
  std::int64_t step = 0;       ///< of the snapshot: the fork's, or after it
  train::Snapshot snapshot;    ///< without the place of its records
  Records records;             ///< what was evaluated
  RunState state = RunState::stopped;
  std::map<std::string, at::Tensor> extras;  ///< none: no file of them
};

/// What stands beside `folder` until it is made: hidden, with this ending.
std::filesystem::path besideMerge(const std::filesystem::path& folder, const std::string& ending);

/// In bytes; 0 where there is none.
std::uint64_t sizeOf(const std::filesystem::path& file);

/// \throws Error unless `folder` does not exist, or is empty.
void requireFreeFolder(const std::filesystem::path& folder);

/// Makes the run in `folder`, with `extras.safetensors` and `merge.json`. \param report of the
/// merge; gets "bytes" of checkpoint and extras. \throws Error, and leaves nothing behind.
void writeMergedRun(const std::filesystem::path& folder, const MergedRun& run,
                    nlohmann::json& report);

}  // namespace eq::run
