#include "core/data/table_columns.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/data/number_marks.h"

namespace eq::data {
namespace {

/// What to do about the cells that are no numbers, one of which is at `row`.
[[noreturn]] void failNoNumber(const CsvTable& table, size_t row, size_t column,
                               const CellFormat& format) {
  const auto cell = trimmed(table.cell(row, column));
  if (isDigitsAndMarks(cell))
    fail(
        "{}: expected a number with a decimal {}, found \"{}\"; mend it, or name the marks "
        "(data.decimal, data.thousands)",
        table.place(row, column), format.decimalComma ? "comma" : "point", cell);
  size_t odd = 0;
  for (size_t i = 0; i < table.rows(); ++i)
    odd += !format.isMissingNumber(table.cell(i, column)) && !format.number(table.cell(i, column));
  fail(
      "{}: expected a number, found \"{}\" ({} of {} cells {} none); mend it, name the text in "
      "data.missing, or give the kind of the column in data.columns: \"number\" takes such cells "
      "as missing, \"category\" each text as a category",
      table.place(row, column), oneLine(cell), odd, table.rows(), odd == 1 ? "is" : "are");
}

}  // namespace

size_t columnIndex(const CsvTable& table, const std::string& name, const std::string& path) {
  const auto& names = table.names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail("{}: {} has no column \"{}\"; it has {}", path, table.file(), name,
         namesNear(name, names));
  return static_cast<size_t>(found - names.begin());
}

bool isNumeric(const CsvTable& table, size_t column, const CellFormat& format) {
  size_t numbers = 0, values = 0;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto cell = table.cell(row, column);
    if (format.isMissingNumber(cell)) continue;
    ++values;
    if (format.number(cell)) ++numbers;
  }
  return 2 * numbers > values;
}

std::vector<double> readNumbers(const CsvTable& table, size_t column, const CellFormat& format) {
  std::vector<double> values;
  values.reserve(table.rows());
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto cell = table.cell(row, column);
    if (format.isMissingNumber(cell)) {
      values.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto value = format.number(cell);
    if (!value) failNoNumber(table, row, column, format);
    values.push_back(*value);
  }
  return values;
}

std::vector<std::int64_t> readWholeNumbers(const CsvTable& table, size_t column,
                                           const CellFormat& format) {
  std::vector<std::int64_t> values;
  values.reserve(table.rows());
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto value = format.wholeNumber(table.cell(row, column));
    if (!value)
      fail(
          "{}: expected a whole number from -2^63 to 2^63 - 1, found \"{}\"; number the values "
          "anew",
          table.place(row, column), trimmed(table.cell(row, column)));
    values.push_back(*value);
  }
  return values;
}

}  // namespace eq::data
