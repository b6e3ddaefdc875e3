#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::app {

/// Whether the name is that of a CSV file, plain or gzip.
bool isTable(const std::filesystem::path& file);

/// An experiment to begin with: the last column that can be is to be predicted from all others
/// (data::chooseTarget), as a class where it holds few values or texts, as a number else.
struct OpenedTable {
  train::Experiment experiment;
  std::string target;  ///< the column
  bool isClass = false;
  std::vector<std::string> notes;  ///< on columns passed over and what the reader took for granted
};
/// \throws Error naming file and line.
OpenedTable openTable(const std::filesystem::path& file);

}  // namespace eq::app
