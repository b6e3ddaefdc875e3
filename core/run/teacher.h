#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/train/experiment.h"
#include "core/train/trainer.h"

namespace eq::run {

/// Whether the experiment reads more than its data: teachers, or parameters to begin with.
bool readsOthers(const train::Experiment& experiment);

enum class Beginning {
  fresh,    ///< with what `init` names, where it names something
  restored  ///< a checkpoint will be read into it: `init` is not needed any more
};

/// A trainer whose tasks have the logits of their teachers, as the field "teacher", for every
/// example. Its experiment names the checkpoint of each other run, `runs/large@1200`, so that a
/// resumed run has the same one; a folder that holds one run stands for that. So does it name the
/// content of a file of weights.
/// \throws Error when data, device, another run or a file do not fit, or that is no run or has no
/// intact checkpoint.
std::unique_ptr<train::Trainer> makeTrainer(const train::Experiment& experiment,
                                            Beginning beginning = Beginning::fresh);

/// The run folders of the experiment's teachers.
std::vector<std::filesystem::path> teacherFolders(const train::Experiment& experiment);

}  // namespace eq::run
