#pragma once

#include "core/train/pending_records.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// One update of the model by the sampler's batch, and the record of it, whose losses still lie on
/// the device: forward, measure, weigh, backward, step. Where a loss or gradient is not finite,
/// parameters and moments stay as they are; the progress moves on.
/// \throws Error (failure), with the parts as before, when a weight does not fit the model's
/// numbers.
PendingRecord takeStep(RunParts& parts);

}  // namespace eq::train
