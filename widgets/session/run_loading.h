#pragma once

#include <filesystem>

namespace eq::widgets {

class RunData;

/// Shows a run that was recorded before. \throws Error when the folder holds no run.
void loadRun(RunData& data, const std::filesystem::path& folder);

}  // namespace eq::widgets
