#pragma once

#include <string>
#include <vector>

namespace eq::cli {

// The window's program, which can draw. It lies beside the command line's.

bool hasWindowProgram();

/// Runs it, without a display where there is none, and waits for it. \returns its exit code.
/// \throws Error when it cannot be started.
int runWindowProgram(std::vector<std::string> arguments);

}  // namespace eq::cli
