#include "core/data/cell_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "core/data/cell_text.h"

namespace eq::data {
namespace {

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

}  // namespace

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

bool CellFormat::isMissing(std::string_view cell) const {
  return std::find(missing.begin(), missing.end(), trimmed(cell)) != missing.end();
}

bool CellFormat::isMissingNumber(std::string_view cell) const {
  const auto text = trimmed(cell);
  return isMissing(text) ||
         std::find(missingNumbers.begin(), missingNumbers.end(), text) != missingNumbers.end() ||
         (oddMissing && !number(text));
}

std::optional<double> CellFormat::number(std::string_view cell) const {
  if (dates != DateOrder::none) return daysOf(cell, dates);
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
  const auto plain = plainNumber(cell, *this);
  if (dates != DateOrder::none || !plain || !number(cell)) return std::nullopt;
  std::string text = *plain;
  const bool negative = text.starts_with('-');
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

}  // namespace eq::data
