#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::train {

// Where the tasks of a run could part: its network as a tree in which a layer that tasks share
// stands in one copy a task, and all stages behind it too.

/// Why a layer cannot be split, for people; empty where it can. \param tasks how many the run has.
/// \param layer as the layer map names it, "trunk.1".
std::string obstacleToParting(const Experiment& experiment, size_t tasks, const std::string& layer);

/// A run that begins with the parameters of another one, whose copies of the layer and of what is
/// behind it go apart from there: at its first step each task computes what it computed in the
/// other run. Optimizer, sampler and balancer begin anew, as does what `init` said before.
/// \param tasks all of the run's, by name. \param run folder of the other one; its newest
/// checkpoint is taken. \throws Error where there is an obstacle.
Experiment partedAt(const Experiment& experiment, const std::vector<std::string>& tasks,
                    const std::string& layer, const std::string& run);

}  // namespace eq::train
