#pragma once

#include <chrono>
#include <vector>

#include "core/train/passes.h"
#include "core/train/records.h"

namespace eq::train {

// What every step begins and ends with, whatever makes its update in between.

using StepClock = std::chrono::steady_clock;

/// The losses, and behind them the terms, the penalties and what the model recorded, which `record`
/// then names.
at::Tensor valuesOf(const BatchPass& pass, const std::vector<TaskRuntime>& tasks,
                    StepRecord& record);

/// Steps the parameters unless something is not finite, which is decided on the device.
/// \return a scalar there: 1 where they stay as they are.
at::Tensor applyUpdate(RunParts& parts, const gradient::Gradients& gradients, const BatchPass& pass,
                       bool refused, double rate);

/// Moves the run on by the batch that was trained, and writes how far it is.
void advance(RunParts& parts, StepClock::time_point started, StepRecord& record);

}  // namespace eq::train
