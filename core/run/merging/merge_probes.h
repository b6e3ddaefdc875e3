#pragma once

#include <memory>
#include <vector>

#include "core/run/merging/merge_memory.h"
#include "core/run/merging/run_merger.h"
#include "core/train/probe/parameter_probe.h"

namespace eq::run {

/// The runs of a merge, at its bench.
struct MergeTable {
  const MergeSource& base;
  const std::vector<MergeSource>& experts;
  MergeBench& bench;
  const std::vector<TaskScore>& scores;  ///< of the validation split
  const MergeProgress& progress;
  MergeMemory* memory = nullptr;  ///< of what takes many steps; null: nothing is kept
};

/// A probe of the experiment at the bench, with parameters of its model.
std::unique_ptr<train::ParameterProbe> probeOf(const MergeTable& table,
                                               const ParameterMap& parameters);
/// A probe with a source's own parameters and losses; what it has not is the base's.
std::unique_ptr<train::ParameterProbe> probeOf(const MergeTable& table, const MergeSource& source);
/// The same on data that are there already.
std::unique_ptr<train::ParameterProbe> probeOf(const MergeTable& table, const MergeSource& source,
                                               const train::ParameterProbe& data);

/// [task] whether the source's run trains it.
std::vector<char> trainedBy(const MergeSource& source, const train::Experiment& experiment);

}  // namespace eq::run
