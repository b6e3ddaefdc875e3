#pragma once

#include <cstdint>
#include <vector>

#include "core/train/experiment.h"
#include "core/train/records.h"

namespace eq::train {

/// What was in force at a step of a recorded run: its experiment with the commands among its events
/// up to there. A command that this version cannot read is left out.
Experiment inForceAt(Experiment begun, const std::vector<EventRecord>& events, std::int64_t step);

}  // namespace eq::train
