#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/csv.h"

namespace eq::data {

/// How the cells of a table are read. Spaces around a cell do not count.
struct CellFormat {
  std::vector<std::string> missing{"", "NA", "NaN", "?"};  ///< texts that stand for no value
  bool decimalComma = false;

  bool isMissing(std::string_view cell) const;
  /// A finite number, or nothing.
  std::optional<double> number(std::string_view cell) const;
  /// A whole number without rounding, or nothing.
  std::optional<std::int64_t> wholeNumber(std::string_view cell) const;
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

/// A column of categories.
struct Categories {
  std::vector<std::string> names;
  std::vector<std::int64_t> codes;  ///< one a row, an index into `names`; -1 where missing
};

/// \param order of the categories; empty: those that occur, by value when all are numbers, else by
/// text. \throws Error with line and column for a value that `order` does not hold.
Categories readCategories(const CsvTable& table, size_t column, const CellFormat& format,
                          const std::vector<std::string>& order = {});

}  // namespace eq::data
