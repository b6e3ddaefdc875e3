#pragma once

#include <filesystem>

namespace eq::widgets {

/// A folder as it is spelled where folders are compared: absolute, without dots and a last slash.
std::filesystem::path normalFolder(const std::filesystem::path& folder);

}  // namespace eq::widgets
