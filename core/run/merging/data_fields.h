#pragma once

#include "core/run/merging/merge_probes.h"

namespace eq::run {

/// The further fields of a method that reads the validation split: Fisher information, Grams, or
/// learned coefficients. \throws Error where no task has what it reads.
nlohmann::json dataFields(const RunMerger& merger, const MergeTable& table);

}  // namespace eq::run
