#pragma once

#include <filesystem>
#include <vector>

namespace eq::study {

/// The runs that an argument stands for: itself when it is a run, else those directly below it (the
/// folder of a sweep or a race, a workspace), by name.
/// \throws Error when there is none, which says what the folder holds instead.
std::vector<std::filesystem::path> runFolders(const std::filesystem::path& argument);

/// Whether a folder holds a sweep or a race, with its runs.
bool isSweep(const std::filesystem::path& folder);

}  // namespace eq::study
