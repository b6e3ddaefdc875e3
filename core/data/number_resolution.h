#pragma once

#include "core/data/table_columns.h"

namespace eq::data {

/// What is left of numbers in the 32 bits that a network trains on.
struct Kept {
  std::size_t distinct = 0;  ///< different values
  std::size_t left = 0;      ///< different values of 32 bits
  double lost = 0;           ///< the largest rounding, in standard deviations of all values

  /// Whether a hundredth of the spread is rounded away.
  bool tooFew() const { return lost > 0.01; }
};
/// \param values NaN where missing.
Kept keptIn32Bits(const std::vector<double>& values);

/// A warning where a hundredth of the spread of a column is rounded away.
void noteResolution(const std::vector<double>& values, const std::string& file,
                    const std::string& column, std::vector<Warning>& warnings);

/// Half a unit of the last decimal that any number of the column is written with: 0.05 for 12.5.
double roundingOf(const CsvTable& table, size_t column, const CellFormat& format);

}  // namespace eq::data
