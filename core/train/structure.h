#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/train/records.h"
#include "core/train/run_parts.h"

namespace eq::train {

// What a model changes of itself while it trains: numbers after an update, and its structure
// between two steps.

/// Sets to 0 what the model says after an update. \param gradients by parameter: where there is
/// none, or its task is frozen, it stays as it is. \param skip scalar on the device: 1 where the
/// update was not applied, and then this is not.
void projectParameters(RunParts& parts, const gradient::Gradients& gradients,
                       const at::Tensor& skip);

/// Goes on with the structure that the model is due for, or with what was frozen for a while:
/// parameters and moments by name, and what the loss weighting has learned of losses; what reads J,
/// schemes of how a step is made and the best parameters begin anew. \returns the event, or nothing
/// where the model stays as it is. \throws Error (failure) where the new structure does not fit the
/// rest of the experiment.
std::vector<EventRecord> restructure(RunParts& parts);

/// The parts of a run whose model has this structure, before anything is restored into them.
/// \param released whether what `init` froze is trained.
void beginWith(RunParts& parts, const nlohmann::json& structure, bool released);

}  // namespace eq::train
