#pragma once

#include <filesystem>
#include <string>

namespace eq::run {

/// What a person said about a run, beside its title. It stands in the run folder.
struct RunLabels {
  std::string tag, note;
  bool pinned = false;  ///< stands above the others
  int colour = 0;       ///< number of the curve colour that it has, from 1; 0: none was chosen
  bool operator==(const RunLabels&) const = default;
};

/// Colours that there are to choose from.
constexpr int kLabelColours = 8;

/// \throws Error when the folder is no run or cannot be read.
RunLabels labelsOf(const std::filesystem::path& folder);
/// Another process may be training it. \throws Error when the folder is no run or cannot be
/// written.
void setLabels(const std::filesystem::path& folder, const RunLabels& labels);

}  // namespace eq::run
