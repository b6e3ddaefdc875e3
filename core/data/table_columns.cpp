#include "core/data/table_columns.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "core/base/error.h"

namespace eq::data {
namespace {

/// The texts that occur, in order.
std::vector<std::string> distinct(const CsvTable& table, size_t column, const CellFormat& format) {
  std::set<std::string, std::less<>> texts;
  bool numbers = true;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto text = trimmed(table.cell(row, column));
    if (format.isMissing(text) || texts.contains(text)) continue;
    texts.emplace(text);
    numbers = numbers && format.number(text).has_value();
  }
  std::vector<std::string> sorted(texts.begin(), texts.end());
  if (numbers)
    std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
      return format.number(a) < format.number(b);
    });
  return sorted;
}

}  // namespace

bool CellFormat::isMissing(std::string_view cell) const {
  return std::find(missing.begin(), missing.end(), trimmed(cell)) != missing.end();
}

std::optional<double> CellFormat::number(std::string_view cell) const {
  std::string text(trimmed(cell));
  if (decimalComma) std::replace(text.begin(), text.end(), ',', '.');
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (text.size() > 1 && *begin == '+' && text[1] != '-') ++begin;
  double value = 0;
  const auto [stopped, error] = std::from_chars(begin, end, value);
  const bool fits = std::isfinite(static_cast<float>(value));  // tensors hold 32 bits
  if (error != std::errc() || stopped != end || !fits) return std::nullopt;
  return value;
}

std::optional<std::int64_t> CellFormat::wholeNumber(std::string_view cell) const {
  constexpr double kExact =
      9007199254740992;  // 2^53: below it, no two whole numbers share a double
  std::string_view text = trimmed(cell);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t whole = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc() && stopped == text.data() + text.size()) return whole;
  const auto value = number(cell);
  if (!value || std::abs(*value) >= kExact || *value != std::trunc(*value)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

size_t columnIndex(const CsvTable& table, const std::string& name, const std::string& path) {
  const auto& names = table.names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail("{}: {} has no column \"{}\"; it has {}", path, table.file(), name,
         fmt::join(names, ", "));
  return static_cast<size_t>(found - names.begin());
}

bool isNumeric(const CsvTable& table, size_t column, const CellFormat& format) {
  size_t numbers = 0, values = 0;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto cell = table.cell(row, column);
    if (format.isMissing(cell)) continue;
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
    if (format.isMissing(cell)) {
      values.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto value = format.number(cell);
    if (!value)
      fail(
          "{}: expected a number, found \"{}\"; mend it, or declare the text missing "
          "(data.missing) or the column categorical (data.categorical)",
          table.place(row, column), trimmed(cell));
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

Categories readCategories(const CsvTable& table, size_t column, const CellFormat& format,
                          const std::vector<std::string>& order) {
  Categories categories;
  categories.names = order.empty() ? distinct(table, column, format) : order;
  std::unordered_map<std::string_view, std::int64_t> codes;
  for (size_t i = 0; i < categories.names.size(); ++i)
    codes.emplace(categories.names[i], static_cast<std::int64_t>(i));
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto text = trimmed(table.cell(row, column));
    const auto found = codes.find(text);
    if (found == codes.end() && !format.isMissing(text))
      fail("{}: expected one of {}, found \"{}\"", table.place(row, column),
           fmt::join(categories.names, ", "), text);
    categories.codes.push_back(found == codes.end() ? -1 : found->second);
  }
  return categories;
}

}  // namespace eq::data
