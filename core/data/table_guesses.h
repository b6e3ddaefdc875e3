#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/cell_format.h"
#include "core/data/csv.h"

namespace eq::data {

/// What a column of a table is taken for; `dateParts` (year, month and weekday of dates) and
/// `ignored` only when the user says so.
enum class ColumnKind { number, category, date, dateParts, rowNumber, identifier, empty, ignored };
std::string_view toText(ColumnKind kind);

/// One column, with the cells that speak for the kind and against it.
struct ColumnGuess {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  bool given = false;  ///< the kind is what the user says
  std::string role;    ///< "input", "target", "field", "split" or "left out"
  size_t speakFor = 0, speakAgainst = 0;
  std::vector<std::string> against;   ///< the first ones: `x.csv:13: column "price": n.d.`
  size_t missing = 0, distinct = 0;   ///< cells without a value; different texts of the others
  std::vector<std::string> examples;  ///< the first different texts of the kind
  std::vector<std::string> remarks;   ///< on what may be meant otherwise
  CellFormat format;
  std::string problem;  ///< why the cells do not allow a given kind, `data.columns.when.kind: ...`

  /// Row numbers, identifiers and dates are inputs only where they are named.
  bool leftOut() const;
};

/// What the keys of the dataset say of marks and kinds.
struct TableMarks {
  std::string decimal = "auto";             ///< auto, point, comma
  std::string thousands = "auto";           ///< auto, none, point, comma, space, apostrophe
  CellFormat format;                        ///< with the texts for missing values
  std::map<std::string, ColumnKind> kinds;  ///< of columns by name: number, category, date ...
};

/// All that a reader took for granted in a table, for people to look at before they train.
struct TableGuesses {
  std::string file;
  size_t rows = 0;
  std::string separator, separatorEvidence;
  bool separatorDoubtful = false;
  std::string decimal, decimalEvidence;
  std::vector<std::string> remarks;  ///< on the table as a whole
  std::vector<ColumnGuess> columns;
};

/// To be looked at: what does not fit stands at its column, ColumnGuess::problem.
TableGuesses lookAtTable(const CsvTable& table, const TableMarks& marks);

/// \throws Error for a kind that the cells do not allow, `data.columns.when.kind: ...`.
TableGuesses guessTable(const CsvTable& table, const TableMarks& marks);

/// "id", "PassengerId", "customer_id", "index" ...: the name of something that names rows.
bool namesRows(const std::string& name);

/// The mark that groups thousands, as the keys call it: "none", "point" ...
std::string thousandsName(const CellFormat& format);

}  // namespace eq::data
