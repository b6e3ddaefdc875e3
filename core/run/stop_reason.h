#pragma once

#include <filesystem>
#include <string>

namespace eq::run {

/// Says of a run that has stopped why it is not to go on, as when a rule of its own had stopped it.
/// \pre nobody trains it. \throws Error when the folder is no run or cannot be written.
void setStopReason(const std::filesystem::path& folder, const std::string& reason);

}  // namespace eq::run
