#pragma once

#include <cstdint>
#include <functional>

#include "core/run/run_start.h"

namespace eq::run {

/// Called at every step that is made again; what it throws ends it.
using Replayed = std::function<void(std::int64_t step, std::int64_t last)>;

/// A trainer that stands where the run stood when its update `step` was done and the next had not
/// begun: trained on from the newest intact checkpoint up to there, or from the beginning, with
/// what changed the run on the way. Where losses or weights are not those of the record, bit for
/// bit, that is among the differences. Its position is not set. \param changes takes no epochs.
/// \throws Error when the run has not come so far, a change cannot be made again, and as `restore`.
Restored replayTo(const RunReader& run, std::int64_t step, const Changes& changes,
                  const Replayed& replayed);

}  // namespace eq::run
