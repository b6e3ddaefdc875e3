#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/train/experiment.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

namespace eq::train {

/// Reads the checkpoint that TaskSpec::teacher names.
using ReadTeacher = std::function<Snapshot(const std::string& teacher)>;

/// A trainer whose tasks have the logits of their teachers, as the field "teacher", for every
/// example. \throws Error when data, device or a teacher do not fit.
std::unique_ptr<Trainer> taughtTrainer(const Experiment& experiment, const ReadTeacher& read);

}  // namespace eq::train
