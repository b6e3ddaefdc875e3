#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/csv.h"

namespace eq::data {

/// Texts that stand for no value, as the usual tools write them.
const std::vector<std::string>& usualMissing();

/// How the cells of a column are read. Spaces around a cell do not count.
struct CellFormat {
  std::vector<std::string> missing = usualMissing();
  /// Texts that stand for no value among numbers, where they cannot be a category.
  std::vector<std::string> missingNumbers{"None", "none", "-", "--", "."};
  bool decimalComma = false;
  /// Groups thousands: . , ' or ' ' (a blank, also a narrow one); 0: nothing does.
  char thousands = 0;

  bool isMissing(std::string_view cell) const;
  bool isMissingNumber(std::string_view cell) const;
  /// A finite number, or nothing. A mark that neither divides decimals nor groups three digits each
  /// is never skipped.
  std::optional<double> number(std::string_view cell) const;
  /// A whole number without rounding, or nothing.
  std::optional<std::int64_t> wholeNumber(std::string_view cell) const;
  /// The same text for texts of the same number ("1", "1.0", "01", "1e0"), exactly; nothing for
  /// what is no number.
  std::optional<std::string> sameNumber(std::string_view cell) const;
};

/// \throws Error `data.inputs[2]: wine.csv has no column "ahs"; it has alcohol, ash ...`.
size_t columnIndex(const CsvTable& table, const std::string& name, const std::string& path);

/// Whether most of the column's values are numbers.
bool isNumeric(const CsvTable& table, size_t column, const CellFormat& format);

/// The column's numbers, NaN where missing.
/// \throws Error `wine.csv:17: column "ash": expected a number, found "2.1x"`.
std::vector<double> readNumbers(const CsvTable& table, size_t column, const CellFormat& format);

/// The column's whole numbers, exactly, up to 64 bits; 3.0 and 3e2 are whole as well.
/// \throws Error with line and column for anything else, a missing value included.
std::vector<std::int64_t> readWholeNumbers(const CsvTable& table, size_t column,
                                           const CellFormat& format);

/// The mark that divides decimals, by the cells that can be read in one way only: 1,5 or 1.234,5
/// speak for the comma, 1.5 for the point, 1,234 for neither.
struct DecimalVotes {
  size_t comma = 0, point = 0;
  std::string firstComma, firstPoint;  ///< `x.csv:2: column "load": 42,0`
};
DecimalVotes decimalVotes(const CsvTable& table);

/// The mark that groups thousands in a column, . , ' or ' ': each number that holds it has three
/// digits in every group. 0: none.
char thousandsOf(const CsvTable& table, size_t column, bool decimalComma);

/// A column of categories.
struct Categories {
  std::vector<std::string> names;
  std::vector<std::int64_t> codes;  ///< one a row, an index into `names`; -1 where missing
  std::vector<std::string> notes;   ///< spellings taken as one, or kept apart, that look alike
};

/// \param order of the categories; empty: those that occur, by value when all are numbers, else by
/// text. Where all are numbers, texts of the same number are one category. \throws Error with line
/// and column for a value that `order` does not hold.
Categories readCategories(const CsvTable& table, size_t column, const CellFormat& format,
                          const std::vector<std::string>& order = {});

}  // namespace eq::data
