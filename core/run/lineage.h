#pragma once

#include <filesystem>

#include "core/run/run_folder.h"

namespace eq::run {

/// Where the parent of a fork lies: its recorded place, or else beside the fork, the first at which
/// a run with the parent's id stands. Where none does, or the id is not known, the recorded place,
/// which is only a hint then; empty: the run is no fork, or of an earlier version.
std::filesystem::path parentFolder(const RunInfo& info);

}  // namespace eq::run
