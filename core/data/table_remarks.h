#pragma once

#include <string>
#include <vector>

#include "core/data/number_marks.h"
#include "core/data/table_guesses.h"

namespace eq::data {

/// What the marks of a column and of its table say.
struct MarkEvidence {
  MarkFacts own, all;
  bool open = false;  ///< neither a key nor a cell of the table tells the decimal mark
};

/// What may be meant otherwise in a column, in words with the cells: numbers of two readings,
/// grouped thousands, codes that begin with 0, numbers beside a unit, stand-ins such as -999.
std::vector<std::string> remarksOn(const CsvTable& table, size_t column, const ColumnGuess& guess,
                                   const MarkEvidence& marks);

/// The same of the table: a header that may be a row.
std::vector<std::string> remarksOn(const CsvTable& table);

}  // namespace eq::data
