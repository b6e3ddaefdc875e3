#pragma once

#include "core/train/run_parts.h"

namespace eq::train {

/// Tries the loss of a task on the predictions of a few examples, so that a class weight too many
/// is refused before it stops the run, and under these on the targets and fields of all of them. A
/// loss that compares examples is refused where batches hold one.
/// \param network the run's model, or one that is to follow it. \param k the task's place.
/// \throws Error `tasks[1].loss: ...`.
void probeLoss(const RunParts& parts, const model::Model& network, const TaskRuntime& task,
               size_t k);

}  // namespace eq::train
