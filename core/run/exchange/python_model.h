#pragma once

#include <string>

#include "core/train/snapshot.h"

namespace eq::run {

/// A module in plain PyTorch that builds the model of a checkpoint, and loads its weights from that
/// checkpoint's file: its `load()` gives the same outputs, those of heads as their losses read
/// them. Of the models mlp, cnn, resnet and transformer with linear outputs.
/// \param weights where the module finds the file: a path from its own folder.
/// \throws Error that names the model, or the tensor, that such a module does not have.
std::string pythonModel(const train::Snapshot& checkpoint, const std::string& weights);

}  // namespace eq::run
