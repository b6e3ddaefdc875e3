#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

#include "core/train/scripts.h"

namespace eq::run {

/// The TorchScript files that training the experiment would open and that are not trusted yet: of
/// its model and losses, and of its teachers'.
std::vector<script::ScriptFile> untrustedScripts(const train::Experiment& experiment);

/// The same of a run that is resumed: those of the experiment as it began and of the losses that
/// were swapped in. \param until the last step that counts: that of the checkpoint of a fork.
/// \throws Error when `folder` holds no run.
std::vector<script::ScriptFile> untrustedScripts(
    const std::filesystem::path& folder,
    std::int64_t until = std::numeric_limits<std::int64_t>::max());

}  // namespace eq::run
