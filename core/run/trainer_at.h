#pragma once

#include <cstdint>
#include <optional>

#include "core/run/run_start.h"

namespace eq::run {

/// The file of a checkpoint. \throws Error that names the steps of those that there are.
std::filesystem::path requireCheckpoint(const std::filesystem::path& folder, std::int64_t step);

/// A trainer as it stood at a checkpoint, to be looked at. \param step nothing: the newest intact
/// one. \throws Error as `requireCheckpoint` and `restore`.
Restored trainerAt(const RunReader& run, std::optional<std::int64_t> step);

}  // namespace eq::run
