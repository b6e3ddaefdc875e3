#include "core/data/dates.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
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

/// 20240131, a year from 1900 to 2100 in front.
std::optional<DateParts> compactParts(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  DateParts parts;
  parts.mark = '-', parts.yearInFront = parts.longYear = true;
  const std::array<size_t, 3> digits{4, 2, 2};
  for (size_t i = 0; i < 3; ++i) {
    const auto number = takeNumber(text, digits[i], digits[i]);
    if (!number) return std::nullopt;
    parts.numbers[i] = *number;
  }
  const auto [year, month, day] = parts.numbers;
  const bool fits = year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1;
  return fits && day <= 31 ? std::optional(parts) : std::nullopt;
}

/// The month that a word names in English or German, in full or by three and four letters; 0: none.
int monthOf(std::string_view word) {
  constexpr std::array<std::string_view, 12> kEnglish{
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  constexpr std::array<std::string_view, 12> kGerman{
      "januar", "februar", "m\xc3\xa4rz", "april",   "mai",      "juni",
      "juli",   "august",  "september",   "oktober", "november", "dezember"};
  std::string lower(word);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (size_t month = 0; month < 12; ++month)
    for (const auto name : {kEnglish[month], kGerman[month]}) {
      const bool shortened = lower.size() >= 3 && lower.size() <= 4 && name.starts_with(lower);
      if (shortened || lower == name) return static_cast<int>(month) + 1;
    }
  return 0;
}

/// The next run of digits or of letters; moves behind it and the marks that follow.
std::string_view takeWord(std::string_view& text) {
  constexpr std::string_view kBetween = " -/.,";
  size_t length = 0;
  const bool digits = !text.empty() && isDigit(text[0]);
  while (length < text.size() && kBetween.find(text[length]) == kBetween.npos &&
         isDigit(text[length]) == digits)
    ++length;
  const auto word = text.substr(0, length);
  text.remove_prefix(length);
  for (size_t marks = 0; marks < 2 && !text.empty() && kBetween.find(text[0]) != kBetween.npos;
       ++marks)
    text.remove_prefix(1);
  return word;
}

/// 2 Jan 2007, 2-Jan-2007, 2. Januar 2007, January 2, 2007.
std::optional<DateParts> namedParts(std::string_view text) {
  DateParts parts;
  parts.mark = '-', parts.yearInFront = true;
  auto first = takeWord(text), second = takeWord(text), year = takeWord(text);
  if (monthOf(first) > 0) std::swap(first, second);
  const int month = monthOf(second);
  const bool longYear = year.size() == 4;
  if (month == 0 || !text.empty() || (!longYear && year.size() != 2)) return std::nullopt;
  const auto day = takeNumber(first, 1, 2), number = takeNumber(year, 2, 4);
  if (!day || !number || !first.empty() || !year.empty()) return std::nullopt;
  parts.longYear = longYear;
  parts.numbers = {*number, month, *day};
  return parts;
}

/// Of a cell that is a date by its look.
std::optional<DateParts> datePartsOf(std::string_view text) {
  const auto parts = partsOf(text);
  return parts ? parts : namedParts(text);
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

bool isTimeOfDay(std::string_view cell) {
  return !trimmed(cell).empty() && timeOf(' ' + std::string(trimmed(cell))).has_value();
}

bool isCompactDate(std::string_view cell) {
  return compactParts(trimmed(cell)).has_value();
}

bool looksLikeDate(std::string_view cell) {
  return datePartsOf(trimmed(cell)).has_value() || isTimeOfDay(cell);
}

std::optional<DateOrder> dateOrderOf(const std::vector<std::string_view>& cells) {
  bool day = false, month = false, open = false;
  for (const auto cell : cells) {
    const auto parts = datePartsOf(trimmed(cell));
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
  if (isTimeOfDay(cell)) return timeOf(' ' + std::string(trimmed(cell)));
  auto parts = datePartsOf(trimmed(cell));
  if (!parts) parts = compactParts(trimmed(cell));
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

CalendarDay calendarDay(double days) {
  const std::chrono::sys_days day{std::chrono::days(static_cast<int>(std::floor(days)))};
  const std::chrono::year_month_day date(day);
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1};
}

}  // namespace eq::data
