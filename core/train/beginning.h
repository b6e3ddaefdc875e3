#pragma once

#include <string>
#include <vector>

#include "core/model/model.h"
#include "core/train/experiment.h"
#include "core/train/records.h"
#include "core/train/snapshot.h"

namespace eq::train {

/// \throws Error `init.freeze[0]: ...` for a pattern that fits no parameter, and where nothing is
/// left to be trained of what a task's loss depends on.
void requireFreezable(const InitSpec& init, const model::Model& network);

/// Gives a model the parameters of another one, and numbers beside them such as running statistics,
/// that `init.take` names and that fit by name and shape. \param source a checkpoint of it.
/// \returns what was taken and what was not, for the run's record. \throws Error `init.take[1]:
/// ...` for a pattern that takes nothing.
EventRecord takeParameters(const InitSpec& init, const Snapshot& source, model::Model& network);

}  // namespace eq::train
