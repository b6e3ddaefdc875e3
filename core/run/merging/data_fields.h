#pragma once

#include "core/run/merging/run_merger.h"

namespace eq::run {

/// The runs of a merge, at its bench.
struct MergeTable {
  const MergeSource& base;
  const std::vector<MergeSource>& experts;
  MergeBench& bench;
  const std::vector<TaskScore>& scores;
  const MergeProgress& progress;
};

/// The further fields of a method that reads the validation split: Fisher information, or learned
/// coefficients. \throws Error where no task has what it reads.
nlohmann::json dataFields(const RunMerger& merger, const MergeTable& table);

}  // namespace eq::run
