#pragma once

#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/train/experiment.h"

namespace eq::train {

/// A field of an experiment as `--set` and sweeps name it, with all that is known of its values.
struct FieldChoice {
  std::string path;    ///< "tasks[0].loss.gamma"
  std::string place;   ///< what it belongs to, for people: "Loss of left, Focal loss"
  ParameterSpec spec;  ///< with the value in force as its default
};

/// All fields of an experiment that can have other values: its own, and those of its methods as
/// they are chosen now, ids first. Of one that names no tasks none of theirs.
std::vector<FieldChoice> fieldChoices(const Experiment& experiment);

}  // namespace eq::train
