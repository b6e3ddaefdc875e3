#pragma once

#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/base/task.h"

namespace eq::data {

struct Problem;

// Datasets whose tasks all have one target, so that each can be given another loss, and the losses
// be compared while they train on the same batches.

/// The parameter `tasks`: the names of these tasks.
ParameterSpec comparedTasks(const std::string& usual);
/// The names. \param name of the parameter. \throws Error unless they are a list of 1 to 64 texts
/// that differ from each other.
std::vector<std::string> comparedNames(const Parameters& parameters, const std::string& name);

/// Names the tasks like `task` in the problem, whose splits have that one target, and gives it to
/// each of them.
void shareTarget(Problem& problem, TaskInfo task, const std::vector<std::string>& names);

}  // namespace eq::data
