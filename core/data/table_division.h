#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/data/csv.h"
#include "core/data/table_guesses.h"

namespace eq::data {

/// What the keys of the dataset say of its parts.
struct TableDivision {
  std::string by = "random";  ///< random, stratified, group, time, given
  std::string column;         ///< that it goes by; empty for random
  double validation = 0.15, test = 0.15;

  /// Whether the column says nothing of rows to come, so that it is no input by itself.
  bool takesColumn() const { return by == "group" || by == "given"; }
};

/// \throws Error for keys that contradict each other.
TableDivision tableDivision(const Parameters& parameters);

/// The rows of each part.
struct TableParts {
  using Rows = std::span<const std::int64_t>;

  std::vector<std::int64_t> order;  ///< those of validation, then of the test, then of training
  size_t validation = 0, test = 0;  ///< number of rows

  Rows validationRows() const { return Rows(order).first(validation); }
  Rows testRows() const { return Rows(order).subspan(validation, test); }
  Rows trainRows() const { return Rows(order).subspan(validation + test); }
};

/// \param warnings take how many rows have no time, which are trained on.
/// \throws Error for a column that there is not or that does not do, and when nothing is left to
/// train on.
TableParts divideTable(const CsvTable& table, const TableGuesses& guesses,
                       const TableDivision& division, std::uint64_t seed,
                       std::vector<Warning>& warnings);

}  // namespace eq::data
