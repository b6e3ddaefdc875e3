#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace eq::data {

/// What stands where in a date such as 3/4/2024; a year of four digits in front is always that.
enum class DateOrder { none, yearFirst, dayFirst, monthFirst };

/// 14:41, 14:41:30, also with an offset.
bool isTimeOfDay(std::string_view cell);

/// 20240131 of the years 1900 to 2100, which is a number as well.
bool isCompactDate(std::string_view cell);

/// 2024-01-31, 31.1.2024, 1/31/24, also with a time behind; 31 Jan 2024, January 31, 2024; a time
/// of day. Not what is a number as well.
bool looksLikeDate(std::string_view cell);

/// The order that all cells allow: points mean the day first, a number above 12 tells the day.
/// Nothing where no cell tells the day from the month, or two cells contradict each other.
std::optional<DateOrder> dateOrderOf(const std::vector<std::string_view>& cells);

/// Days since 1970-01-01, the time of day (`12:30`, `T12:30:59.5Z`, `+02:00`) as a fraction.
/// A time of day alone is that fraction. Nothing for what is no date of the calendar with a year of
/// four digits.
std::optional<double> daysOf(std::string_view cell, DateOrder order);

struct CalendarDay {
  int year = 0;
  int month = 0;    ///< 1 = January
  int weekday = 0;  ///< 0 = Monday
};
/// Of days since 1970-01-01; the time of day does not count.
CalendarDay calendarDay(double days);

}  // namespace eq::data
