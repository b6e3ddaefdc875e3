#pragma once

#include <cstdint>
#include <vector>

#include "core/data/arrays/array_rows.h"
#include "core/data/table_inputs.h"

namespace eq::data {

/// What one pass over an array tells of it.
struct ArraySurvey {
  std::vector<Moments> moments;  ///< over the training rows, one an entry or one of all
  std::vector<char> varies;      ///< likewise: whether they differ there
  std::int64_t missing = 0;      ///< numbers in all rows
  std::int64_t firstMissing = 0, firstMissingEntry = 0;  ///< row and entry

  /// The means and deviations that entry e has, whether there is one or many.
  const Moments& of(std::int64_t entry) const {
    return moments[moments.size() == 1 ? 0 : static_cast<size_t>(entry)];
  }
};

/// Whether the number stands for a missing one: NaN, or one of `missing`.
bool isMissingNumber(double number, const std::vector<double>& missing);

/// \param together one mean for all entries. \param hashes take every number.
/// \throws Error `x.npy: element [3, 7]: ...` at an infinite number.
ArraySurvey surveyArray(const ExampleArray& array, const RowPlaces& rows, bool together,
                        const std::vector<double>& missing, RowHashes& hashes);

}  // namespace eq::data
