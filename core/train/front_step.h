#pragma once

#include "core/train/pending_records.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// `takeStep` of a run that trains a front. \pre `parts.front`.
PendingRecord takeFrontStep(RunParts& parts);

}  // namespace eq::train
