#pragma once

#include <filesystem>

#include "core/run/run_folder.h"

namespace eq::run {

/// Writes all series of a run, and the fields of its experiment as hyperparameters, as an event
/// file in `folder`, which is a run of TensorBoard's then. Tags are the series' names, `loss.left`;
/// wall times the run's beginning and the seconds of training. Writing it again replaces it.
/// \returns the file. \throws Error when it cannot be written.
std::filesystem::path writeEventFile(const RunReader& run, const std::filesystem::path& folder);

}  // namespace eq::run
