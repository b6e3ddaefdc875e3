#pragma once

#include <filesystem>

#include "core/train/beginning.h"
#include "core/train/experiment.h"

namespace eq::run {

/// The tensors of the file of weights that `init` names, in the safetensors layout; whoever wrote
/// it, checksums that are there must be right. Relative paths start at the folder, then at the
/// samples'. \returns them with `init.sha256` that of the content where it was empty.
/// \throws Error `init.file: ...`, `init.map: ...` where a file is not there or damaged, or the
/// content is not the one that was used before.
train::Weights readWeights(train::InitSpec& init, const std::filesystem::path& folder);

}  // namespace eq::run
