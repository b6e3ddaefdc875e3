#pragma once

#include "core/run/merging/merge_runs.h"

namespace eq::run {

/// Shifts the large base's predictions as small experts shift those of the small base, on tasks
/// with classes, and judges them. Nothing is merged: the folder holds `merge.json` alone.
/// Fan et al., NeurIPS 2024. \throws Error where no run trains a task with classes.
MergeOutcome fuseLogits(const MergeRequest& request, const MergeProgress& progress);

}  // namespace eq::run
