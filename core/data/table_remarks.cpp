#include "core/data/table_remarks.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <fmt/ranges.h>

namespace eq::data {
namespace {

constexpr size_t kFewestRows = 10;  ///< below, a column says nothing of itself
constexpr std::array kStandIns{-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0};

/// One column of a table.
struct Column {
  const CsvTable& table;
  size_t index;
  const ColumnGuess& guess;

  std::string_view cell(size_t row) const { return trimmed(table.cell(row, index)); }
  std::string at(size_t row) const {
    return fmt::format("{}: {}", table.place(row), oneLine(cell(row)));
  }
};

/// A cell that can be read in two ways, where nothing else in the table tells which.
std::string openMarks(const Column& column, const MarkEvidence& marks) {
  const auto& [comma, point, firstComma, firstPoint, openComma, openPoint, firstOpen, ungrouped] =
      marks.own;
  const bool divides = column.table.delimiter() == ',' && openComma == 0;
  if (!marks.open || openComma + openPoint == 0 || ungrouped > 0 || divides) return {};
  const bool grouped = column.guess.format.thousands != 0;
  return fmt::format(
      "{} cells such as {} can be decimals or grouped thousands, and no cell tells which; they are "
      "read as {}; data.decimal and data.thousands name the marks",
      openComma + openPoint, firstOpen, grouped ? "thousands" : "decimals");
}

std::string groups(const Column& column) {
  const char mark = column.guess.format.thousands;
  if (mark == 0) return {};
  size_t count = 0, first = 0;
  for (size_t row = column.table.rows(); row-- > 0;)
    if (plainText(column.cell(row)).find(mark) != std::string::npos &&
        column.guess.format.number(column.cell(row)))
      ++count, first = row;
  if (count == 0) return {};
  return fmt::format("thousands are grouped by {} ({} cells, {}); data.thousands says otherwise",
                     thousandsName(column.guess.format), count, column.at(first));
}

std::string otherDecimal(const Column& column, const MarkEvidence& marks) {
  const bool comma = column.guess.format.decimalComma;
  const bool other = decimalIsComma({}, marks.all, column.table.delimiter()) != comma;
  if (!other) return {};
  return fmt::format("its decimal mark is a {} ({}), unlike that of the table",
                     comma ? "comma" : "point",
                     comma ? marks.own.firstComma : marks.own.firstPoint);
}

/// 01067: a postcode, an article number.
std::string leadingZeros(const Column& column) {
  size_t count = 0, first = 0;
  for (size_t row = column.table.rows(); row-- > 0;) {
    const auto cell = column.cell(row);
    if (cell.size() > 1 && cell[0] == '0' && std::all_of(cell.begin(), cell.end(), isDigit))
      ++count, first = row;
  }
  if (count == 0) return {};
  return fmt::format(
      "{} cells begin with 0 ({}): codes? As numbers they lose it; data.columns can say "
      "\"category\"",
      count, column.at(first));
}

/// -999 among 12.1, 14.5 ...: what stands for no value in many measurements.
std::string standIns(const Column& column) {
  std::vector<double> others;
  for (size_t row = 0; row < column.table.rows(); ++row)
    if (const auto number = column.guess.format.number(column.cell(row))) others.push_back(*number);
  for (const double value : kStandIns) {
    std::vector<double> rest;
    std::copy_if(others.begin(), others.end(), std::back_inserter(rest),
                 [value](double number) { return number != value; });
    const size_t count = others.size() - rest.size();
    if (count == 0 || rest.size() < kFewestRows) continue;
    const auto [low, high] = std::minmax_element(rest.begin(), rest.end());
    const double gap = value < 0 ? *low - value : value - *high;
    if (gap > *high - *low && gap > 0)
      return fmt::format(
          "{} stands {} times, far from the others ({} to {}): no value? It is read "
          "as a number; data.missing can name it",
          value, count, *low, *high);
  }
  return {};
}

/// Counting rows under a name of its own.
std::string counting(const Column& column) {
  const size_t rows = column.table.rows();
  if (rows < kFewestRows || column.guess.given) return {};
  std::optional<double> first;
  for (size_t row = 0; row < rows; ++row) {
    const auto number = column.guess.format.number(column.cell(row));
    if (!number) return {};
    if (!first) first = number;
    if (*number != *first + static_cast<double>(row)) return {};
  }
  return fmt::format("it counts the rows from {}: a row number? data.columns can say \"ignored\"",
                     *first);
}

/// Row numbers of tables that were put together, or who a row is of: they repeat.
std::string rowNames(const Column& column) {
  const auto& guess = column.guess;
  const bool nameless = column.table.nameless(column.index);
  const size_t values = guess.speakFor + guess.speakAgainst;
  if (guess.given || guess.distinct == values || values < kFewestRows) return {};
  if (!nameless && !namesRows(guess.name)) return {};
  for (size_t row = 0; nameless && row < column.table.rows(); ++row)
    if (!guess.format.wholeNumber(column.cell(row))) return {};
  return fmt::format(
      "{}, and its values repeat ({} different in {} rows): row numbers or identifiers? They are "
      "read as they stand; data.columns can say \"ignored\"",
      nameless ? "it has no name" : "its name is that of row numbers", guess.distinct, values);
}

/// "-" among texts: a category of its own, where among numbers it is no value.
std::string openMissing(const Column& column) {
  std::map<std::string, std::pair<size_t, size_t>> texts;  // with count and first row
  for (size_t row = 0; row < column.table.rows(); ++row)
    if (const auto cell = column.cell(row);
        column.guess.format.isMissingNumber(cell) && !column.guess.format.isMissing(cell))
      ++texts.try_emplace(std::string(cell), 0, row).first->second.first;
  if (texts.empty()) return {};
  std::string found;
  for (const auto& [text, where] : texts)
    found += fmt::format("{}\"{}\" ({} cells, first {})", found.empty() ? "" : ", ", text,
                         where.first, column.table.place(where.second));
  return found + " is read as a category of its own; data.missing can name it";
}

/// 20240131: to a network, the last of December and the first of January are 8,870 apart.
std::string compactDates(const Column& column) {
  for (size_t row = 0; row < column.table.rows(); ++row)
    if (const auto cell = column.cell(row);
        !column.guess.format.isMissingNumber(cell) && !isCompactDate(cell))
      return {};
  if (column.guess.speakFor < kFewestRows || column.guess.given) return {};
  return fmt::format(
      "its numbers are dates without marks ({})? As numbers, months are 100 and years 10000 apart; "
      "data.columns can say \"date\" to have days",
      fmt::join(column.guess.examples, ", "));
}

bool isSign(std::string_view text) {
  for (const char* sign : {"%", "$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", "\xc2\xb0"})
    if (text == sign) return true;
  return text.empty() || text == "CHF" || text == "EUR" || text == "USD" || text == "Fr.";
}

/// What stands beside the digits of a cell: "%" of "12 %". Nothing where they are no number.
std::optional<std::string> unitOf(std::string_view cell) {
  const bool hexadecimal = cell.size() > 2 && cell.starts_with("0x") &&
                           cell.find_first_not_of("0123456789abcdefABCDEF", 2) == cell.npos;
  if (hexadecimal) return "0x";
  const auto begin = cell.find_first_of("0123456789");
  if (begin == cell.npos) return std::nullopt;
  const auto end = cell.find_last_of("0123456789") + 1;
  auto front = trimmed(cell.substr(0, begin));
  if (front.ends_with('-') || front.ends_with('.')) front.remove_suffix(1);
  const auto behind = trimmed(cell.substr(end));
  if (!isSign(front) || !isDigitsAndMarks(cell.substr(begin, end - begin))) return std::nullopt;
  return std::string(front) + std::string(behind);
}

/// 12 %, 5 kg, or 12,34,567: most cells are numbers to people, none to the reader.
std::string nearNumbers(const Column& column) {
  std::map<std::string, std::pair<size_t, size_t>> units;  // with count and first row
  for (size_t row = 0; row < column.table.rows(); ++row) {
    const auto cell = column.cell(row);
    const auto unit = column.guess.format.number(cell) ? std::nullopt : unitOf(cell);
    if (unit) ++units.try_emplace(*unit, 0, row).first->second.first;
  }
  for (const auto& [unit, found] : units) {
    const auto& [count, first] = found;
    if (2 * count <= column.guess.speakFor || count < 2) continue;
    const auto read = fmt::format("{} cells are digits with {} ({}), read as texts; ", count,
                                  unit.empty() ? "marks" : '"' + oneLine(unit) + "\" beside them",
                                  column.at(first));
    return read + (unit.empty()
                       ? "if they are numbers, name the marks in data.decimal and data.thousands"
                       : "take it out of the cells to have numbers");
  }
  return {};
}

}  // namespace

std::vector<std::string> remarksOn(const CsvTable& table, size_t index, const ColumnGuess& guess,
                                   const MarkEvidence& marks) {
  const Column column{table, index, guess};
  std::vector<std::string> remarks;
  const auto add = [&](std::string remark) {
    if (!remark.empty()) remarks.push_back(std::move(remark));
  };
  const bool texts = guess.kind == ColumnKind::category || guess.kind == ColumnKind::identifier;
  if (texts && !guess.given) add(nearNumbers(column));
  if (guess.kind == ColumnKind::category) add(openMissing(column));
  add(rowNames(column));
  if (guess.kind != ColumnKind::number) return remarks;
  const auto open = openMarks(column, marks);
  add(open.empty() ? groups(column) : open);
  add(otherDecimal(column, marks));
  add(compactDates(column));
  if (!guess.given) add(leadingZeros(column));
  add(standIns(column));
  add(counting(column));
  return remarks;
}

std::vector<std::string> remarksOn(const CsvTable& table) {
  const CellFormat format;
  size_t numbers = 0;
  std::string first;
  for (const auto& name : table.names()) {
    if (!format.number(name)) continue;
    if (numbers++ == 0) first = name;
  }
  if (2 * numbers <= table.columns()) return {};
  return {
      fmt::format("{} of {} names in the first line are numbers (\"{}\"): is it a row? "
                  "data.header then is false",
                  numbers, table.columns(), first)};
}

}  // namespace eq::data
