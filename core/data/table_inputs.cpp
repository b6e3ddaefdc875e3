#include "core/data/table_inputs.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/categories.h"
#include "core/data/dates.h"

namespace eq::data {
namespace {

constexpr size_t kMostCategories = 100;
constexpr size_t kValuesNamed = 5;  ///< values that a remark names
const std::vector<std::string> kMonths{"1", "2", "3", "4",  "5",  "6",
                                       "7", "8", "9", "10", "11", "12"};
const std::vector<std::string> kWeekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

class Encoder {
 public:
  Encoder(const CsvTable& table, std::span<const std::int64_t> trainRows,
          std::vector<Warning>& warnings)
      : table_(table), trainRows_(trainRows), warnings_(warnings) {}

  void add(const TableInputColumn& input) {
    const size_t before = inputs_.features.size();
    if (input.dateParts)
      addDateParts(input);
    else if (!input.categorical && isNumeric(table_, input.column, input.format))
      addNumbers(input);
    else
      addCategories(input);
    if (inputs_.features.size() > before) inputs_.columns.push_back(input.column);
  }

  TableInputs take() { return std::move(inputs_); }

 private:
  void warn(size_t column, const std::string& message) {
    warnings_.push_back(
        {table_.file(), fmt::format("column \"{}\": {}", table_.names()[column], message)});
  }

  template <typename IsMissing>
  void warnOfMissing(size_t column, const std::string& replacement, IsMissing isMissing) {
    size_t count = 0, first = 0;
    for (size_t row = table_.rows(); row-- > 0;)
      if (isMissing(row)) ++count, first = row;
    if (count > 0)
      warnings_.push_back({table_.place(first),
                           fmt::format("column \"{}\": {} missing {} {}", table_.names()[column],
                                       count, count == 1 ? "value" : "values", replacement)});
  }

  void addNumbers(const TableInputColumn& input) {
    const size_t column = input.column;
    const auto values = readNumbers(table_, column, input.format);
    const Moments stats = moments(values, trainRows_);
    if (stats.count == 0) return warn(column, "no value in the training part; it is left out");
    warnOfMissing(column, "replaced by the training mean",
                  [&](size_t row) { return std::isnan(values[row]); });
    auto feature = standardised(values, stats);
    warnOfOutliers(column, values, feature);
    push({table_.names()[column], stats.mean, stats.deviation}, std::move(feature));
  }

  static std::vector<float> standardised(const std::vector<double>& values, const Moments& stats) {
    std::vector<float> feature;
    for (const double value : values)
      feature.push_back(
          std::isnan(value) ? 0.0F : static_cast<float>((value - stats.mean) / stats.deviation));
    return feature;
  }

  /// A part that is the same in all training rows tells nothing and gives no feature.
  void addDateParts(const TableInputColumn& input) {
    const size_t column = input.column;
    const auto days = readNumbers(table_, column, input.format);
    if (moments(days, trainRows_).count == 0)
      return warn(column, "no value in the training part; it is left out");
    warnOfMissing(column, "left without a date", [&](size_t row) { return std::isnan(days[row]); });
    std::vector<double> years(days.size(), std::nan(""));
    std::vector<std::int64_t> months(days.size(), -1), weekdays(days.size(), -1);
    for (size_t row = 0; row < days.size(); ++row) {
      if (std::isnan(days[row])) continue;
      const auto day = calendarDay(days[row]);
      years[row] = day.year, months[row] = day.month - 1, weekdays[row] = day.weekday;
    }
    const auto& name = table_.names()[column];
    if (const Moments stats = moments(years, trainRows_); differInTraining(years))
      push({name + ".year", stats.mean, stats.deviation}, standardised(years, stats));
    addIndicators(column, name + ".month=", kMonths, months, 2);
    addIndicators(column, name + ".weekday=", kWeekdays, weekdays, 2);
  }

  bool differInTraining(const std::vector<double>& values) const {
    std::set<double> different;
    for (const auto row : trainRows_)
      if (const double value = values[static_cast<size_t>(row)]; !std::isnan(value))
        different.insert(value);
    return different.size() > 1;
  }

  /// One 0/1 feature a value of the training rows, when there are `least` of them. Others would
  /// only add what their weights began with: they count as missing.
  void addIndicators(size_t column, const std::string& begin, const std::vector<std::string>& names,
                     const std::vector<std::int64_t>& codes, size_t least) {
    std::set<std::int64_t> trained, others;
    for (const auto row : trainRows_) trained.insert(codes[static_cast<size_t>(row)]);
    trained.erase(-1);
    for (const auto code : codes)
      if (code >= 0 && !trained.contains(code)) others.insert(code);
    if (trained.empty()) return warn(column, "no value in the training part; it is left out");
    if (trained.size() >= least)
      for (const auto code : trained)
        push({begin + names[static_cast<size_t>(code)]}, is(code, codes));
    if (!others.empty()) warnOfUntrained(column, begin, names, others);
  }

  static std::vector<float> is(std::int64_t code, const std::vector<std::int64_t>& codes) {
    std::vector<float> feature;
    for (const auto other : codes) feature.push_back(other == code ? 1.0F : 0.0F);
    return feature;
  }

  void warnOfUntrained(size_t column, const std::string& begin,
                       const std::vector<std::string>& names, const std::set<std::int64_t>& codes) {
    std::vector<std::string> some;
    for (const auto code : codes)
      if (some.size() < kValuesNamed) some.push_back(begin + names[static_cast<size_t>(code)]);
    warn(column, fmt::format("{} without an example in the training part: {}{}; no feature, as "
                             "where the value is missing",
                             codes.size() == 1 ? "a value" : fmt::format("{} values", codes.size()),
                             fmt::join(some, ", "), codes.size() > some.size() ? " ..." : ""));
  }

  /// One 1e30 standardises all others to the same number.
  void warnOfOutliers(size_t column, const std::vector<double>& values,
                      const std::vector<float>& feature) {
    std::set<double> all;
    std::set<float> left;
    double furthest = 0;
    for (size_t row = 0; row < values.size(); ++row) {
      if (std::isnan(values[row])) continue;
      all.insert(values[row]), left.insert(feature[row]);
      if (std::abs(values[row]) > std::abs(furthest)) furthest = values[row];
    }
    if (all.size() > 2 * left.size())
      warn(column, fmt::format("its {} different values are {} once standardised; a value as far "
                               "out as {} takes their spread away: an error?",
                               all.size(), left.size(), furthest));
  }

  void addCategories(const TableInputColumn& input) {
    const size_t column = input.column;
    const Categories categories = readCategories(table_, column, input.format);
    for (const auto& note : categories.notes) warn(column, note);
    if (categories.names.empty()) return warn(column, "no value at all; it is left out");
    if (categories.names.size() > kMostCategories) {
      const std::string count =
          fmt::format("{} different texts, more than {}", categories.names.size(), kMostCategories);
      if (!input.named) return warn(column, count + "; it is left out");
      fail("{}: column \"{}\": {}; leave it out of data.inputs", table_.file(),
           table_.names()[column], count);
    }
    warnOfMissing(column, "left without a category",
                  [&](size_t row) { return categories.codes[row] < 0; });
    addIndicators(column, table_.names()[column] + "=", categories.names, categories.codes, 1);
  }

  void push(InputScale scale, std::vector<float> feature) {
    inputs_.scales.push_back(std::move(scale));
    inputs_.features.push_back(std::move(feature));
  }

  const CsvTable& table_;
  std::span<const std::int64_t> trainRows_;
  std::vector<Warning>& warnings_;
  TableInputs inputs_;
};

}  // namespace

Moments moments(const std::vector<double>& values, std::span<const std::int64_t> rows) {
  Moments out;
  double sum = 0, squares = 0;
  for (const auto row : rows) {
    const double value = values[static_cast<size_t>(row)];
    if (std::isnan(value)) continue;
    ++out.count;
    sum += value;
  }
  if (out.count == 0) return out;
  out.mean = sum / static_cast<double>(out.count);
  for (const auto row : rows) {
    const double distance = values[static_cast<size_t>(row)] - out.mean;
    if (!std::isnan(distance)) squares += distance * distance;
  }
  return momentsOf(out.count, out.mean, squares);
}

Moments momentsOf(std::int64_t count, double mean, double squares) {
  const double deviation = count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0;
  const bool constant = deviation <= 1e-12 * std::abs(mean);
  return {mean, constant || deviation == 0 ? 1 : deviation, count};
}

TableInputs encodeInputs(const CsvTable& table, const std::vector<TableInputColumn>& columns,
                         std::span<const std::int64_t> trainRows, std::vector<Warning>& warnings) {
  Encoder encoder(table, trainRows, warnings);
  for (const auto& column : columns) encoder.add(column);
  return encoder.take();
}

}  // namespace eq::data
