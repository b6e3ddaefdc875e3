#pragma once

#include <filesystem>
#include <vector>

#include "core/script/scripts.h"
#include "core/train/command.h"
#include "core/train/experiment.h"

namespace eq::train {

// TorchScript files of a run; see core/script/scripts.h.

/// The files that the model and the losses of the experiment would run and that are not trusted
/// yet.
std::vector<script::ScriptFile> untrustedScripts(const Experiment& experiment);
/// The same of losses that commands swap in. \param folder of the experiment.
std::vector<script::ScriptFile> untrustedScripts(const std::vector<Command>& commands,
                                                 const std::filesystem::path& folder);

/// The command, with its loss's files pinned to the content that they have now.
/// \throws Error when one cannot be read.
Command withPinnedScripts(Command command, const std::filesystem::path& folder);

}  // namespace eq::train
