#include "core/data/table_inputs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "core/base/error.h"
#include "core/data/categories.h"
#include "core/data/dates.h"

namespace eq::data {
namespace {

constexpr size_t kMostCategories = 100;
constexpr const char* kWeekdays[]{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

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

  /// A part that is the same in all rows tells nothing and gives no feature.
  void addDateParts(const TableInputColumn& input) {
    const size_t column = input.column;
    const auto days = readNumbers(table_, column, input.format);
    if (moments(days, trainRows_).count == 0)
      return warn(column, "no value in the training part; it is left out");
    warnOfMissing(column, "left without a date", [&](size_t row) { return std::isnan(days[row]); });
    std::vector<double> years;
    std::set<int> different;
    std::map<int, std::vector<float>> months, weekdays;
    for (size_t row = 0; row < days.size(); ++row) {
      const bool missing = std::isnan(days[row]);
      const auto day = missing ? CalendarDay{} : calendarDay(days[row]);
      years.push_back(missing ? days[row] : day.year);
      if (missing) continue;
      different.insert(day.year);
      months.try_emplace(day.month, days.size(), 0.0F).first->second[row] = 1;
      weekdays.try_emplace(day.weekday, days.size(), 0.0F).first->second[row] = 1;
    }
    const auto& name = table_.names()[column];
    if (const Moments stats = moments(years, trainRows_); different.size() > 1)
      push({name + ".year", stats.mean, stats.deviation}, standardised(years, stats));
    pushEach(name + ".month=", months, [](int month) { return std::to_string(month); });
    pushEach(name + ".weekday=", weekdays, [](int day) { return std::string(kWeekdays[day]); });
  }

  template <typename Text>
  void pushEach(const std::string& begin, std::map<int, std::vector<float>>& features, Text text) {
    if (features.size() < 2) return;
    for (auto& [value, feature] : features) push({begin + text(value)}, std::move(feature));
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
    for (size_t k = 0; k < categories.names.size(); ++k) {
      std::vector<float> feature;
      for (const auto code : categories.codes)
        feature.push_back(code == static_cast<std::int64_t>(k) ? 1.0F : 0.0F);
      push({table_.names()[column] + "=" + categories.names[k]}, std::move(feature));
    }
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
  const double deviation = std::sqrt(squares / static_cast<double>(out.count));
  const bool constant = deviation <= 1e-12 * std::abs(out.mean);
  out.deviation = constant || deviation == 0 ? 1 : deviation;
  return out;
}

TableInputs encodeInputs(const CsvTable& table, const std::vector<TableInputColumn>& columns,
                         std::span<const std::int64_t> trainRows, std::vector<Warning>& warnings) {
  Encoder encoder(table, trainRows, warnings);
  for (const auto& column : columns) encoder.add(column);
  return encoder.take();
}

}  // namespace eq::data
