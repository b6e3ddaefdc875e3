#include "core/data/number_marks.h"

#include <algorithm>

#include <fmt/format.h>

namespace eq::data {
namespace {

constexpr size_t kSettling = 3;  ///< cells of a column that outvote the rest of the table

/// What is only digits and marks: where the marks stand.
struct MarkedNumber {
  std::string text;  ///< without sign and exponent
  size_t points = 0, commas = 0;
  bool exponent = false;
};

bool dropExponent(std::string& text) {
  const size_t at = text.find_last_of("eE");
  if (at == text.npos || at == 0 || !isDigit(text[at - 1])) return false;
  const size_t digits = text.find_first_not_of("+-", at + 1);
  if (digits == text.npos || digits > at + 2) return false;
  if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(digits), text.end(), isDigit))
    return false;
  text.resize(at);
  return true;
}

std::optional<MarkedNumber> markedNumber(std::string_view cell) {
  MarkedNumber found{plainText(cell)};
  auto& text = found.text;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.erase(0, 1);
  found.exponent = dropExponent(text);
  if (std::none_of(text.begin(), text.end(), isDigit)) return std::nullopt;
  for (const char c : text) {
    found.points += c == '.';
    found.commas += c == ',';
    if (!isDigit(c) && c != '.' && c != ',' && c != ' ' && c != '\'') return std::nullopt;
  }
  return found;
}

bool groups(std::string text, char mark, char decimal) {
  return dropGroups(text, mark, decimal);
}

/// . or , where it can only divide decimals; 0 where it may as well group thousands, or does
/// neither, as in dates and addresses.
char decimalOf(const MarkedNumber& number) {
  const auto& [text, points, commas, exponent] = number;
  if (points + commas == 0) return 0;
  const char last = text[text.find_last_of(".,")];
  const char other = last == '.' ? ',' : '.';
  if (points > 0 && commas > 0)
    return (last == '.' ? points : commas) == 1 && groups(text, other, last) ? last : '\0';
  if (points + commas > 1) return groups(text, last, other) ? other : '\0';
  return exponent || !groups(text, last, other) ? last : '\0';
}

/// 1.234 and 1,234.
bool isOpen(const MarkedNumber& number) {
  return number.points + number.commas == 1 && decimalOf(number) == 0;
}

bool isUngrouped(const MarkedNumber& number) {
  return number.text.size() >= 4 && number.text[0] != '0' && !number.exponent &&
         std::all_of(number.text.begin(), number.text.end(), isDigit);
}

}  // namespace

bool MarkFacts::settled() const {
  return std::min(comma, point) == 0 && std::max(comma, point) >= kSettling;
}

MarkFacts& MarkFacts::operator+=(const MarkFacts& other) {
  comma += other.comma, point += other.point;
  openComma += other.openComma, openPoint += other.openPoint;
  ungrouped += other.ungrouped;
  if (firstComma.empty()) firstComma = other.firstComma;
  if (firstPoint.empty()) firstPoint = other.firstPoint;
  if (firstOpen.empty()) firstOpen = other.firstOpen;
  return *this;
}

MarkFacts markFacts(const CsvTable& table, size_t column) {
  MarkFacts facts;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto cell = table.cell(row, column);
    if (cell.empty()) continue;
    const auto number = markedNumber(cell);
    if (!number) continue;
    const char mark = decimalOf(*number);
    facts.ungrouped += isUngrouped(*number);
    if (isOpen(*number) && ++(number->points ? facts.openPoint : facts.openComma) > 0 &&
        facts.firstOpen.empty())
      facts.firstOpen = fmt::format("{}: {}", table.place(row), trimmed(cell));
    if (mark == 0) continue;
    auto& first = mark == ',' ? facts.firstComma : facts.firstPoint;
    if ((mark == ',' ? facts.comma : facts.point)++ == 0)
      first = fmt::format("{}: {}", table.place(row, column), trimmed(cell));
  }
  return facts;
}

bool decimalIsComma(const MarkFacts& own, const MarkFacts& all, char separator) {
  if (own.settled()) return own.comma > 0;
  if (all.decided()) return all.comma > all.point;
  return separator == ';' && all.openComma > 0 && all.openPoint == 0;
}

char thousandsOf(const CsvTable& table, size_t column, bool decimalComma) {
  CellFormat format;
  format.decimalComma = decimalComma;
  for (const char mark : {decimalComma ? '.' : ',', ' ', '\''}) {
    format.thousands = mark;
    bool held = false, fits = true;
    for (size_t row = 0; row < table.rows() && fits; ++row) {
      const auto number = markedNumber(table.cell(row, column));
      if (!number || number->text.find(mark) == number->text.npos) continue;
      held = true;
      fits = format.number(table.cell(row, column)).has_value();
    }
    if (held && fits) return mark;
  }
  return 0;
}

bool isDigitsAndMarks(std::string_view cell) {
  return markedNumber(cell).has_value();
}

}  // namespace eq::data
