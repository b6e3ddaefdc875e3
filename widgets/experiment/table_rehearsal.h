#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/data/warning.h"
#include "core/train/experiment.h"

namespace eq::widgets {

/// What the trainer says of an experiment before it trains.
struct TableRehearsal {
  train::Experiment experiment;  ///< with its tasks and their usual losses
  std::vector<TaskInfo> tasks;
  std::vector<data::Warning> warnings;
  std::int64_t steps = 0;
  std::string problem;  ///< why it cannot be trained; the rest is then empty
};

/// Reads the data and makes the network; throws nothing. For a thread that computes nothing else.
TableRehearsal rehearse(const train::Experiment& experiment);

}  // namespace eq::widgets
