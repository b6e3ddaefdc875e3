#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/merge/tensors.h"
#include "core/train/experiment.h"
#include "core/train/snapshot.h"

namespace eq::run {

/// A checkpoint that takes part in a merge.
struct MergeSource {
  std::string given;             ///< as a person named it
  std::filesystem::path folder;  ///< of its run; empty: a file alone
  std::filesystem::path file;
  std::int64_t step = 0;
  train::Snapshot snapshot;
  train::Experiment experiment;  ///< in force there
};

/// \param given RUN (its last checkpoint), RUN@STEP, or a checkpoint's file.
/// \throws Error when there is no such checkpoint, or it is not one of this program.
MergeSource readMergeSource(const std::string& given);

/// The parameters of a checkpoint, without `model.` before their names, in float64.
merge::Model modelOf(const MergeSource& source);

/// What cannot be verified of the experts: their training should have begun at the base, with its
/// data and model. A line each.
std::vector<std::string> mergeWarnings(const MergeSource& base,
                                       const std::vector<MergeSource>& experts);

/// "runs[1] (forks/right)": a source in messages.
std::string placeOfRun(const std::vector<MergeSource>& experts, size_t expert);

}  // namespace eq::run
