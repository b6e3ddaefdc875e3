#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::run {

/// The experiment with the checkpoint of each teacher named, `runs/large@1200`, so that a resumed
/// run has the same one; a folder that holds one run stands for that. \throws Error when a teacher
/// is no run or has no intact checkpoint.
train::Experiment withPinnedTeachers(train::Experiment experiment);

/// A trainer whose tasks have the logits of their teachers, as the field "teacher", for every
/// example. \throws Error when data, device or a teacher do not fit.
std::unique_ptr<train::Trainer> makeTrainer(const train::Experiment& experiment);

/// The run folders of the experiment's teachers.
std::vector<std::filesystem::path> teacherFolders(const train::Experiment& experiment);

}  // namespace eq::run
