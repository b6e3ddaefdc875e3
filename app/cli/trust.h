#pragma once

#include <vector>

#include "core/script/scripts.h"

namespace CLI {
class App;
}

namespace eq::cli {

/// The flag --trust: whoever gives it says that the TorchScript files, which are programs, may run.
void addTrustFlag(CLI::App& command, bool& trust);

/// What the flag is for: these files, with the content that they have now.
void trustScripts(const std::vector<script::ScriptFile>& files);

}  // namespace eq::cli
