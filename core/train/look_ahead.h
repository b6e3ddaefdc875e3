#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::train {

struct AffinityRecord;
struct BatchPass;
struct RunParts;

// What a step for one task alone would do to the losses of all: inter-task affinity as it is
// measured, not estimated (Fifty et al., NeurIPS 2021). Nothing of it is left in the run: the
// parameters come back from a copy to the bit, random draws stand where they stood, and no pass of
// the training is asked for more. It costs a pass with the tasks' gradients, and one forward pass a
// task and one more. Nothing is read from the device.

/// Whether that is tried at the step to come. Where nothing is shared there is nothing to try.
bool looksAhead(const RunParts& parts);

/// \param pass the batch of the step, which kept its random state. \param rate η of the step.
/// \return [K + 1, K] on the device: the losses as they are; then, row i, where the shared
/// parameters moved by −η ∇L_i, heads as they are. 0 where a task takes no part.
at::Tensor lookAhead(const RunParts& parts, const BatchPass& pass, double rate);

/// The record of these numbers, row by row. \param active [K].
AffinityRecord affinityOf(const double* numbers, const std::vector<char>& active);

}  // namespace eq::train
