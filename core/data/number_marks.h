#pragma once

#include <optional>
#include <string>

#include "core/data/cell_format.h"
#include "core/data/csv.h"

namespace eq::data {

/// What the cells of a column say of the marks in numbers. 1,5 or 1.234,5 speak for the decimal
/// comma, 1.5 for the point; 1,234 can be decimals or a group.
struct MarkFacts {
  size_t comma = 0, point = 0;
  std::string firstComma, firstPoint;   ///< `x.csv:2: column "load": 42,0`
  size_t openComma = 0, openPoint = 0;  ///< cells such as 1,234 and 1.234
  std::string firstOpen;                ///< `x.csv:2: 1.234`
  size_t ungrouped = 0;                 ///< whole numbers of four and more digits without a mark

  bool decided() const { return comma != point; }
  /// Whether a few cells speak for one mark, and none for the other.
  bool settled() const;
  MarkFacts& operator+=(const MarkFacts& other);
};
MarkFacts markFacts(const CsvTable& table, size_t column);

/// Whether the decimal mark is a comma: as the column's own cells say where they are settled, else
/// as those of the table do; failing that, a table divided by semicolons with cells such as 1,234
/// alone has one.
bool decimalIsComma(const MarkFacts& own, const MarkFacts& all, char separator);

/// The mark that groups thousands in a column, . , ' or ' ': each number that holds it has three
/// digits in every group. 0: none.
char thousandsOf(const CsvTable& table, size_t column, bool decimalComma);

/// Whether the cell is digits and marks only, a sign in front.
bool isDigitsAndMarks(std::string_view cell);

}  // namespace eq::data
