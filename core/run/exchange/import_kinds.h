#pragma once

#include <filesystem>

namespace eq::run {

/// Whether a path is surely what another program recorded of runs, and no table of data: a folder
/// with TensorBoard's event files in it, a SQLite file of Optuna, a CSV file with columns that W&B
/// or Aim gives. Looks at names and at the beginning of files; throws nothing.
bool isOfOtherPrograms(const std::filesystem::path& place);

}  // namespace eq::run
