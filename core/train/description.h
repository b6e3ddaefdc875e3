#pragma once

#include <nlohmann/json.hpp>

#include "core/train/run_parts.h"

namespace eq::train {

/// What the model of a run is made of: `parameters` in the order of the buffer with `name`,
/// `shape`, `owner` ("shared", or a list of task names), `trainable` and `architecture`; the counts
/// `total`, `shared`, `per_task`, `groups` (of tasks that share what others do not reach) and
/// `not_trainable`; `owners`, all tasks first, then groups, then each task: `tasks` as an owner,
/// `parameters`, `layers` in the order of the buffer with `name`, `head`, `parameters` and
/// `trainable`, and `flops_per_example` of what these tasks need and no smaller part of them does
/// alone; `flops_per_example`: 2 for each multiplication and addition in full layers,
/// convolutions and attention, all tasks together; `series`: quantities that a run records of the
/// model, by name; `frontier`: tensors where the tasks part, in which gradients can be taken; 0
/// where they part in no one place.
nlohmann::json describe(const RunParts& parts);

}  // namespace eq::train
