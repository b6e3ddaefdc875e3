#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::train {

/// What the tasks of a run have when it begins; a command can change it.
struct TrainedParts {
  std::vector<std::vector<std::string>> terms;  ///< parts of the losses, by task
  std::int64_t coordinates = 0;                 ///< of the point of an analytic problem
};

/// A line for every rule that looks at a part of a loss, or a coordinate, that there is not.
std::vector<std::string> rulesWithoutParts(const Experiment& experiment, const TrainedParts& parts);

}  // namespace eq::train
