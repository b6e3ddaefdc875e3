#pragma once

#include <cstdint>
#include <vector>

#include "core/data/catalog.h"

namespace eq::data {

/// Field of every task of the dataset (`Split::fields`): the labels before some were flipped, int64
/// [N]. Flipped are those that differ from the target. No loss reads it; it is there to be shown.
inline constexpr const char* kCleanLabel = "clean_label";

enum class LabelNoise {
  symmetric,  ///< to any other class, all alike
  pair        ///< to the next class, of the last to the first
};

/// Flips exactly ⌊rate · N + ½⌋ labels, which are drawn without replacement.
/// \param labels 0..classes-1. \param classes at least 2. \param rate 0 to 1.
std::vector<std::int64_t> flipped(std::vector<std::int64_t> labels, std::int64_t classes,
                                  LabelNoise noise, double rate, std::uint64_t seed);

/// Handwritten digits with wrong labels among the training examples.
CatalogRow<Dataset, const Setting&> noisyLabelsRow();

}  // namespace eq::data
