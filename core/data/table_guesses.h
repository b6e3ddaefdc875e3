#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/table_columns.h"
#include "core/data/warning.h"

namespace eq::data {

/// What a column of a table is taken for.
enum class ColumnKind { number, category, date, rowNumber, identifier, empty };
std::string_view toText(ColumnKind kind);

/// One column, with the cells that speak for the kind and against it.
struct ColumnGuess {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::string role;  ///< "input", "target", "field" or "left out"
  size_t speakFor = 0, speakAgainst = 0;
  std::vector<std::string> against;   ///< the first ones: `x.csv:13: column "price": n.d.`
  size_t missing = 0, distinct = 0;   ///< cells without a value; different texts of the others
  std::vector<std::string> examples;  ///< the first different texts
  CellFormat format;

  /// Row numbers and identifiers are inputs only where they are named.
  bool leftOut() const { return kind == ColumnKind::rowNumber || kind == ColumnKind::identifier; }
};

/// What the keys of the dataset say of the marks.
struct TableMarks {
  std::string decimal = "auto";    ///< auto, point, comma
  std::string thousands = "auto";  ///< auto, none, point, comma, space, apostrophe
  CellFormat format;               ///< with the texts for missing values
};

/// All that a reader took for granted in a table, for people to look at before they train.
struct TableGuesses {
  std::string file;
  size_t rows = 0;
  std::string separator, separatorEvidence;
  std::string decimal, decimalEvidence;
  std::vector<ColumnGuess> columns;
};

TableGuesses guessTable(const CsvTable& table, const TableMarks& marks);

/// Remarks on marks, missing texts, dates, constant columns, row numbers and numbers' odd cells.
std::vector<Warning> notesOn(const TableGuesses& guesses);

nlohmann::json toJson(const TableGuesses& guesses);
/// A line for the marks and one a column.
std::vector<std::string> toLines(const TableGuesses& guesses);

}  // namespace eq::data
