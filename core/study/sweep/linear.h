#pragma once

#include <filesystem>
#include <vector>

#include "core/study/sweep/sweep_file.h"

namespace eq::study {

/// Each of the runs with each of the sweep's weights, as `tasks[k].weight` divided by the scale of
/// its seed. \param runs a combination with its seeds. \throws Error when numbers of weights and
/// tasks differ.
std::vector<SweepRun> weighted(const SweepFile& file, const std::vector<SweepRun>& runs,
                               const ScaleOf& scale);

/// All 1: for who looks at a sweep before it is known by what its weights are divided.
std::vector<double> unitScale(const train::Experiment& experiment);

/// The losses of the first step, of the tasks that are on. \throws Error when one is not finite
/// and above 0.
std::vector<double> firstLosses(const train::Experiment& experiment);

/// The final validation losses of the single-task runs below `folder`, one for each task of the
/// experiment that is on: of the run with the experiment's seed, else the mean over the seeds.
/// \throws Error naming the task that has none.
std::vector<double> singleTaskLosses(const std::filesystem::path& folder,
                                     const train::Experiment& experiment);

}  // namespace eq::study
