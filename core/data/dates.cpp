#include "core/data/dates.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>

#include "core/data/cell_text.h"

namespace eq::data {
namespace {

/// Takes up to `most` digits from the front.
std::optional<int> takeNumber(std::string_view& text, size_t least, size_t most) {
  size_t length = 0;
  while (length < text.size() && length < most && isDigit(text[length])) ++length;
  if (length < least) return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + length, number);
  text.remove_prefix(length);
  return number;
}

bool takeMark(std::string_view& text, char mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(1);
  return true;
}

/// Three numbers with one mark between them.
struct DateParts {
  std::array<int, 3> numbers{};
  char mark = 0;
  bool yearInFront = false;
  bool longYear = false;    ///< of four digits
  std::string_view behind;  ///< the time
};

std::optional<DateParts> partsOf(std::string_view text) {
  DateParts parts;
  const auto first = text.find_first_of("-/.");
  if (first == text.npos) return std::nullopt;
  parts.mark = text[first];
  parts.yearInFront = first == 4;
  for (size_t i = 0; i < 3; ++i) {
    if (i > 0 && !takeMark(text, parts.mark)) return std::nullopt;
    const size_t before = text.size();
    const bool year = parts.yearInFront ? i == 0 : i == 2;
    const auto number = takeNumber(text, year && parts.yearInFront ? 4 : 1, year ? 4 : 2);
    if (!number) return std::nullopt;
    parts.numbers[i] = *number;
    const size_t digits = before - text.size();
    if (year && digits != 2 && digits != 4) return std::nullopt;
    if (year) parts.longYear = digits == 4;
  }
  if (!text.empty() && text[0] != ' ' && text[0] != 'T') return std::nullopt;
  parts.behind = text;
  return parts;
}

/// Minutes of `12:30`; moves behind it.
std::optional<double> takeClock(std::string_view& text) {
  const auto hour = takeNumber(text, 1, 2);
  if (!hour || *hour > 24 || !takeMark(text, ':')) return std::nullopt;
  const auto minute = takeNumber(text, 2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  return 60.0 * *hour + *minute;
}

/// `12:30`, `12:30:59.5`, `12:30Z`, `12:30+02:00` as a share of the day; 0 of no text.
std::optional<double> timeOf(std::string_view text) {
  if (text.empty()) return 0.0;
  text.remove_prefix(1);
  auto minutes = takeClock(text);
  if (!minutes) return std::nullopt;
  if (takeMark(text, ':')) {
    double seconds = 0;
    const auto [stopped, error] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    if (error != std::errc() || !(seconds >= 0 && seconds < 61)) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(stopped - text.data()));
    *minutes += seconds / 60;
  }
  if (takeMark(text, 'Z') || text.empty())
    return text.empty() ? std::optional(*minutes / (24 * 60)) : std::nullopt;
  const bool east = takeMark(text, '+');
  if (!east && !takeMark(text, '-')) return std::nullopt;
  const auto offset = takeClock(text);
  if (!offset || !text.empty()) return std::nullopt;
  return (*minutes - (east ? *offset : -*offset)) / (24 * 60);
}

}  // namespace

bool looksLikeDate(std::string_view cell) {
  return partsOf(trimmed(cell)).has_value();
}

std::optional<DateOrder> dateOrderOf(const std::vector<std::string_view>& cells) {
  bool day = false, month = false, open = false;
  for (const auto cell : cells) {
    const auto parts = partsOf(trimmed(cell));
    if (!parts || parts->yearInFront) continue;
    open = true;
    day = day || parts->mark == '.' || parts->numbers[0] > 12;
    month = month || (parts->mark != '.' && parts->numbers[1] > 12);
  }
  if (!open) return DateOrder::yearFirst;
  if (day == month) return std::nullopt;
  return day ? DateOrder::dayFirst : DateOrder::monthFirst;
}

std::optional<double> daysOf(std::string_view cell, DateOrder order) {
  const auto parts = partsOf(trimmed(cell));
  if (!parts || !parts->longYear) return std::nullopt;
  if (!parts->yearInFront && order == DateOrder::yearFirst) return std::nullopt;
  auto [year, month, day] = parts->numbers;
  if (!parts->yearInFront) std::swap(year, day);
  if (!parts->yearInFront && order == DateOrder::monthFirst) std::swap(month, day);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const auto time = timeOf(parts->behind);
  if (!date.ok() || !time) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) + *time;
}

}  // namespace eq::data
