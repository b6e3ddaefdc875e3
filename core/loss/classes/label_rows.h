#pragma once

#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of logits [N, L] against rows of labels, each of which applies (1) or does not (0).

/// Prediction [N, L], target 0 or 1 in its shape, and so a mask if there is one.
void checkLabelRows(const std::string& loss, const Batch& batch);
std::vector<InputField> labelRowInputs();
/// The parameters that every such loss has, after its own.
std::vector<ParameterSpec> labelRowParameters(std::vector<ParameterSpec> own);

}  // namespace eq::loss
