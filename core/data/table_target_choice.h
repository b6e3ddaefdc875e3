#pragma once

#include <string>
#include <vector>

#include "core/data/table_guesses.h"

namespace eq::data {

/// Whether the column is rather a class than a number: it holds texts, or few values.
bool looksLikeClasses(const ColumnGuess& column, size_t rows);

/// Why the column is hardly meant to be predicted, such as `identifier (a17, a18 ...)`; empty: it
/// may be.
std::string againstTarget(const ColumnGuess& column);

/// The column that a table is most likely meant to predict.
struct TargetChoice {
  size_t column = 0;
  bool isClass = false;                 ///< texts, or few values; a number else
  std::vector<std::string> passedOver;  ///< why none of those behind it: `column "id": row number`
};

/// The last column that is a number or a category with more than one value: no row number,
/// identifier or date, not empty, not constant. \throws Error that says what each column is.
TargetChoice chooseTarget(const TableGuesses& guesses);

}  // namespace eq::data
