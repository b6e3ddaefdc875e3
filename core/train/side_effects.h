#pragma once

#include <string>
#include <vector>

#include "core/base/readout.h"
#include "core/base/task.h"
#include "core/train/experiment.h"

namespace eq::train {

// What a swap brings beside the swap itself, each in words that can end a sentence: "the last layer
// of its head begins anew". Empty: nothing.

/// Of another loss for a task. A loss whose file is a program is not opened: it reads what most
/// losses read. Nothing is said of a loss that cannot be made.
std::vector<std::string> sideEffects(const TaskInfo& task, const MethodSpec& from,
                                     const MethodSpec& to);
/// The same by what both losses read from the head.
std::vector<std::string> sideEffects(const std::vector<Readout>& from,
                                     const std::vector<Readout>& to);

/// Of another loss weighting, or of other parameters of it. \param kinds those of the tasks.
std::vector<std::string> weightingSideEffects(const std::vector<TaskKind>& kinds,
                                              const MethodSpec& from, const MethodSpec& to);
/// Of another gradient method; an empty id is none.
std::vector<std::string> gradientSideEffects(const std::vector<TaskKind>& kinds,
                                             const MethodSpec& from, const MethodSpec& to);

}  // namespace eq::train
