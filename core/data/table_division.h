#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/data/csv.h"
#include "core/data/division.h"
#include "core/data/table_guesses.h"

namespace eq::data {

/// What the keys of the dataset say of its parts.
struct TableDivision {
  std::string by = "random";  ///< random, stratified, group, time, given
  std::string column;         ///< that it goes by; empty for random
  Shares shares = {};

  /// Whether the column says nothing of rows to come, so that it is no input by itself.
  bool takesColumn() const { return by == "group" || by == "given"; }
};

/// \throws Error for keys that contradict each other.
TableDivision tableDivision(const Parameters& parameters);

/// \param warnings take how many rows have no time, which are trained on.
/// \throws Error for a column that there is not or that does not do, and when nothing is left to
/// train on.
Parts divideTable(const CsvTable& table, const TableGuesses& guesses, const TableDivision& division,
                  std::uint64_t seed, std::vector<Warning>& warnings);

}  // namespace eq::data
