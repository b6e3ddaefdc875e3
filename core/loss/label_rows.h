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

}  // namespace eq::loss
