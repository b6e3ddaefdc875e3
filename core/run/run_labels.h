#pragma once

#include <filesystem>
#include <string>

namespace eq::run {

/// What a person said about a run, beside its title. It stands in the run folder.
struct RunLabels {
  std::string tag, note;
  bool pinned = false;  ///< stands above the others
  bool operator==(const RunLabels&) const = default;
};

/// \throws Error when the folder is no run or cannot be read.
RunLabels labelsOf(const std::filesystem::path& folder);
/// Another process may be training it. \throws Error when the folder is no run or cannot be
/// written.
void setLabels(const std::filesystem::path& folder, const RunLabels& labels);

}  // namespace eq::run
