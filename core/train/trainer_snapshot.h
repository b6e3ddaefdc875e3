#pragma once

#include <nlohmann/json.hpp>

#include "core/train/finite_watch.h"
#include "core/train/run_parts.h"
#include "core/train/snapshot.h"

namespace eq::train {

// The parts of a run as a snapshot and back. A part that carries something from step to step is
// named here, or resume and fork do not continue bit for bit.

/// \param fingerprint of the problem's data.
Snapshot snapshotOf(const RunParts& parts, const FiniteWatch& watch,
                    const nlohmann::json& fingerprint);
/// \throws Error when the snapshot was made with another model or optimizer.
void restoreFrom(const Snapshot& snapshot, RunParts& parts, FiniteWatch& watch);

}  // namespace eq::train
