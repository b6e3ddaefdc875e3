#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/study/sweep/sweep_file.h"

namespace eq::study {

/// A sweep whose combinations are named one by one.
/// \param file an experiment file; a sweep in it is left aside. \throws Error naming the file.
SweepFile sweepOfLanes(const std::filesystem::path& file,
                       const std::vector<std::vector<train::Setting>>& lanes,
                       const std::vector<std::uint64_t>& seeds = {});

/// Each task of a file that is on, alone: the others off, weighting `equal`, no gradient method.
/// \param seeds of each; empty: those of the file's sweep, else the file's.
/// \throws Error naming the file, when its data cannot be read as well.
SweepFile baselinesOf(const std::filesystem::path& file, const std::vector<std::uint64_t>& seeds);

}  // namespace eq::study
