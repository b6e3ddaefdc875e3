#include "core/data/table_columns.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/nearest.h"

namespace eq::data {
namespace {

/// Blanks, minus and apostrophe of typography as those of the keyboard.
std::string plainText(std::string_view cell) {
  std::string text(trimmed(cell));
  const std::array<std::pair<std::string_view, char>, 5> signs{{{"\xc2\xa0", ' '},
                                                                {"\xe2\x80\x89", ' '},
                                                                {"\xe2\x80\xaf", ' '},
                                                                {"\xe2\x88\x92", '-'},
                                                                {"\xe2\x80\x99", '\''}}};
  for (const auto& [from, to] : signs)
    for (size_t at = text.find(from); at != text.npos; at = text.find(from))
      text.replace(at, from.size(), 1, to);
  return text;
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the mark out of 1.234.567 when every group has three digits.
bool dropGroups(std::string& text, char mark, char decimal) {
  const size_t begin = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t end = std::min(text.find(decimal), text.find_first_of("eE"));
  const std::string whole = text.substr(begin, std::min(end, text.size()) - begin);
  const size_t first = whole.find(mark);
  if (first == whole.npos) return text.find(mark) == text.npos;
  if (first == 0 || first > 3 || whole[0] == '0') return false;
  std::string digits = whole.substr(0, first);
  for (size_t at = first; at < whole.size(); at += 4) {
    const auto group = whole.substr(at + 1, 3);
    if (whole[at] != mark || group.size() != 3) return false;
    digits += group;
  }
  if (!std::all_of(digits.begin(), digits.end(), isDigit)) return false;
  text.replace(begin, whole.size(), digits);
  return text.find(mark) == text.npos;
}

/// The text of a number as the C locale writes it; nothing where a mark has no place.
std::optional<std::string> plainNumber(std::string_view cell, const CellFormat& format) {
  std::string text = plainText(cell);
  const char decimal = format.decimalComma ? ',' : '.';
  if (format.thousands && !dropGroups(text, format.thousands, decimal)) return std::nullopt;
  if (format.decimalComma) {
    if (text.find('.') != text.npos) return std::nullopt;
    std::replace(text.begin(), text.end(), ',', '.');
  }
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.erase(0, 1);
  return text;
}

/// Lower case of ASCII without the blanks around and between words: what looks alike.
std::string folded(std::string_view text) {
  std::string out;
  for (const char c : plainText(text))
    if (c != ' ' && c != '\t') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

/// What is only digits and marks: where the marks stand.
struct MarkedNumber {
  std::string text;
  size_t points = 0, commas = 0;
};
std::optional<MarkedNumber> markedNumber(std::string_view cell) {
  MarkedNumber found{plainText(cell)};
  if (!found.text.empty() && (found.text[0] == '-' || found.text[0] == '+')) found.text.erase(0, 1);
  if (found.text.empty()) return std::nullopt;
  for (const char c : found.text) {
    found.points += c == '.';
    found.commas += c == ',';
    if (!isDigit(c) && c != '.' && c != ',' && c != ' ' && c != '\'') return std::nullopt;
  }
  return found;
}

/// . or , where it can only divide decimals; 0 where it may as well group thousands.
char decimalOf(const MarkedNumber& number) {
  const auto& [text, points, commas] = number;
  if (points + commas == 0) return 0;
  if (points > 0 && commas > 0) {
    const char last = text[text.find_last_of(".,")];
    return (last == '.' ? points : commas) == 1 ? last : '\0';
  }
  if (points + commas > 1) return points > 0 ? ',' : '.';
  const size_t at = text.find_first_of(".,");
  const bool groups = at >= 1 && at <= 3 && text[0] != '0' && text.size() - at - 1 == 3;
  return groups ? '\0' : text[at];
}

/// Categories by what makes them one: the number, or the text.
class Spellings {
 public:
  Spellings(const CsvTable& table, size_t column, const CellFormat& format) : format_(format) {
    std::map<std::string_view, size_t> counts;
    for (size_t row = 0; row < table.rows(); ++row) {
      const auto text = trimmed(table.cell(row, column));
      if (!format.isMissing(text)) ++counts[text];
    }
    numbers_ = std::all_of(counts.begin(), counts.end(),
                           [&](const auto& one) { return format.number(one.first).has_value(); });
    for (const auto& [text, count] : counts) texts_[key(text)].emplace_back(count, text);
  }

  std::string key(std::string_view text) const {
    if (numbers_)
      if (auto number = format_.sameNumber(text)) return *number;
    return oneLine(text);
  }

  /// The most frequent spelling of each, the shortest where several are.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [key, spellings] : texts_) names.push_back(oneLine(best(spellings).second));
    std::sort(names.begin(), names.end());
    if (numbers_)
      std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
        return format_.number(a) < format_.number(b);
      });
    return names;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    std::map<std::string, std::vector<std::string>> alike;
    for (const auto& [key, spellings] : texts_) {
      const auto name = oneLine(best(spellings).second);
      alike[folded(name)].push_back(name);
      if (spellings.size() < 2) continue;
      std::vector<std::string> texts;
      for (const auto& [count, text] : spellings)
        texts.push_back(fmt::format("\"{}\" ({})", oneLine(text), count));
      notes.push_back(fmt::format("{} are one class, \"{}\"", fmt::join(texts, ", "), name));
    }
    for (const auto& [fold, names] : alike)
      if (!numbers_ && names.size() > 1)
        notes.push_back(
            fmt::format("\"{}\" differ in case or blanks only; they stay classes of their own",
                        fmt::join(names, "\", \"")));
    return notes;
  }

 private:
  using Spelling = std::pair<size_t, std::string_view>;

  static const Spelling& best(const std::vector<Spelling>& spellings) {
    return *std::max_element(spellings.begin(), spellings.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first, -std::ssize(a.second)) < std::pair(b.first, -std::ssize(b.second));
    });
  }

  const CellFormat& format_;
  bool numbers_ = true;
  std::map<std::string, std::vector<Spelling>> texts_;
};

}  // namespace

const std::vector<std::string>& usualMissing() {
  static const std::vector<std::string> texts{
      "",        "NA",      "N/A",   "n/a",    "NaN",   "nan",   "NAN",  "-nan",
      "?",       "null",    "NULL",  "Null",   "#N/A",  "#NA",   "<NA>", "#N/A N/A",
      "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"};
  return texts;
}

bool CellFormat::isMissing(std::string_view cell) const {
  return std::find(missing.begin(), missing.end(), trimmed(cell)) != missing.end();
}

bool CellFormat::isMissingNumber(std::string_view cell) const {
  return isMissing(cell) || std::find(missingNumbers.begin(), missingNumbers.end(),
                                      trimmed(cell)) != missingNumbers.end();
}

std::optional<double> CellFormat::number(std::string_view cell) const {
  const auto text = plainNumber(cell, *this);
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  double value = 0;
  const auto [stopped, error] = std::from_chars(text->data(), end, value);
  const bool fits = std::isfinite(static_cast<float>(value));  // tensors hold 32 bits
  if (error != std::errc() || stopped != end || !fits) return std::nullopt;
  return value;
}

std::optional<std::int64_t> CellFormat::wholeNumber(std::string_view cell) const {
  constexpr double kExact =
      9007199254740992;  // 2^53: below it, no two whole numbers share a double
  const auto text = plainNumber(cell, *this);
  if (!text) return std::nullopt;
  std::int64_t whole = 0;
  const char* end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, whole);
  if (error == std::errc() && stopped == end) return whole;
  const auto value = number(cell);
  if (!value || std::abs(*value) >= kExact || *value != std::trunc(*value)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<std::string> CellFormat::sameNumber(std::string_view cell) const {
  if (!number(cell)) return std::nullopt;
  std::string text = *plainNumber(cell, *this);
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  const size_t exponentAt = std::min(text.find_first_of("eE"), text.size());
  long exponent =
      exponentAt < text.size() ? std::strtol(text.c_str() + exponentAt + 1, nullptr, 10) : 0;
  text.resize(exponentAt);
  if (const auto point = text.find('.'); point != text.npos) {
    exponent -= static_cast<long>(text.size() - point - 1);
    text.erase(point, 1);
  }
  text.erase(0, text.find_first_not_of('0'));
  if (text.empty()) return "0";
  while (text.back() == '0') text.pop_back(), ++exponent;
  return fmt::format("{}{}e{}", negative ? "-" : "", text, exponent);
}

DecimalVotes decimalVotes(const CsvTable& table) {
  DecimalVotes votes;
  for (size_t row = 0; row < table.rows(); ++row)
    for (size_t column = 0; column < table.columns(); ++column) {
      const auto cell = table.cell(row, column);
      if (cell.find_first_of(".,") == cell.npos) continue;
      const auto number = markedNumber(cell);
      const char mark = number ? decimalOf(*number) : '\0';
      if (mark == 0) continue;
      const bool comma = mark == ',';
      auto& first = comma ? votes.firstComma : votes.firstPoint;
      if ((comma ? votes.comma : votes.point)++ == 0)
        first = fmt::format("{}: {}", table.place(row, column), trimmed(cell));
    }
  return votes;
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

namespace {

[[noreturn]] void failNoNumber(const CsvTable& table, size_t row, size_t column,
                               const CellFormat& format) {
  const auto cell = trimmed(table.cell(row, column));
  if (markedNumber(cell))
    fail(
        "{}: expected a number with a decimal {}, found \"{}\"; mend it, or name the marks "
        "(data.decimal, data.thousands)",
        table.place(row, column), format.decimalComma ? "comma" : "point", cell);
  fail(
      "{}: expected a number, found \"{}\"; mend it, or declare the text missing "
      "(data.missing) or the column categorical (data.categorical)",
      table.place(row, column), oneLine(cell));
}

}  // namespace

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

Categories readCategories(const CsvTable& table, size_t column, const CellFormat& format,
                          const std::vector<std::string>& order) {
  const Spellings spellings(table, column, format);
  Categories categories;
  categories.names = order.empty() ? spellings.names() : order;
  categories.notes = spellings.notes();
  std::unordered_map<std::string, std::int64_t> codes;
  for (size_t i = 0; i < categories.names.size(); ++i)
    codes.emplace(spellings.key(categories.names[i]), static_cast<std::int64_t>(i));
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto text = trimmed(table.cell(row, column));
    const bool missing = format.isMissing(text);
    const auto found = missing ? codes.end() : codes.find(spellings.key(text));
    if (found == codes.end() && !missing)
      fail("{}: expected one of {}, found \"{}\"", table.place(row, column),
           namesNear(std::string(text), categories.names), oneLine(text));
    categories.codes.push_back(found == codes.end() ? -1 : found->second);
  }
  return categories;
}

}  // namespace eq::data
