#pragma once

#include "core/run/merging/merge_probes.h"

namespace eq::run {

/// Learns a low-rank correction of what each task's head reads of a merged model, so that it comes
/// near to what its expert's head reads: ẑ = z − B ReLU(A z). Yang et al., ICML 2024.
/// \returns the model, evaluated with the corrections, which are in its extras.
MergedModel operated(const RunMerger& merger, MergedModel merged, const MergeTable& table);

}  // namespace eq::run
