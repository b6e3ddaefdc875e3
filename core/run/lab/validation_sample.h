#pragma once

#include <cstdint>
#include <memory>

#include "core/run/merging/merge_source.h"
#include "core/train/trainer.h"

namespace eq::run {

/// The base's validation examples, by its record.
std::int64_t validationExamples(const MergeSource& base);

/// Whether a sample of so many examples can be drawn, and is smaller than the split. What teachers
/// said of the examples is known of the whole split alone.
bool canSample(const MergeSource& base, std::int64_t examples);

/// The base as it stood, on so many examples of its validation split, which the seed draws, in
/// their order, and on no test split. The data are read anew. \pre canSample().
std::unique_ptr<train::Trainer> sampledBase(const MergeSource& base,
                                            const train::Experiment& experiment,
                                            std::int64_t examples, std::uint64_t seed);

}  // namespace eq::run
