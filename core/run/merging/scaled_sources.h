#pragma once

#include "core/run/merging/merge_probes.h"

namespace eq::run {

/// ScaLearn: each task that a run trains gets a new head on what the heads of all runs read, each
/// scaled by learned numbers and added: o = Σ ω_s ⊙ o_s. The runs stay as they are.
/// Frohmann et al., ACL Findings 2024. \returns the base with the new heads, evaluated on the
/// sources; ω is in its extras. \throws Error where the runs' readings differ in width.
MergedModel scaledSources(const RunMerger& merger, const MergeTable& table);

}  // namespace eq::run
