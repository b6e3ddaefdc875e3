#pragma once

#include <filesystem>

namespace eq::cli {

/// The command line's own program, whatever it is called; empty in programs that it is a part of.
std::filesystem::path ownProgram();
/// This process is the command line alone.
void beOwnProgram();

}  // namespace eq::cli
