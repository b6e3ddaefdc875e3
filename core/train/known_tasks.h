#pragma once

#include <cstdint>
#include <vector>

#include "core/base/task.h"
#include "core/train/experiment.h"

namespace eq::train {

/// What the data alone say of their tasks.
struct KnownTasks {
  std::vector<TaskInfo> tasks;
  std::vector<TaskSpec> specs;  ///< the experiment's, else all tasks, each with its usual loss
  std::vector<std::vector<std::int64_t>> classCounts;  ///< one a task; see data::classCounts
};

/// Reads the data; makes no model and opens no file of a loss.
/// \throws Error as a run that is started does.
KnownTasks knownTasks(const Experiment& experiment);

}  // namespace eq::train
