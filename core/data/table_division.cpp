#include "core/data/table_division.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/data/dates.h"
#include "core/data/table_columns.h"

namespace eq::data {
namespace {

using RowList = std::vector<std::int64_t>;

class TableDivider {
 public:
  TableDivider(const CsvTable& table, const TableGuesses& guesses, const TableDivision& division,
               std::uint64_t seed, std::vector<Warning>& warnings)
      : table_(table),
        division_(division),
        divider_(table.rows(), division.shares, seed),
        warnings_(warnings) {
    if (division.by == "random") return;
    column_ = columnIndex(table, division.column, "data.split_column");
    format_ = guesses.columns[column_].format;
  }

  Parts divide() {
    if (division_.by == "stratified") return divider_.stratified(rowsByValue(false));
    if (division_.by == "group") return divider_.groups(rowsByValue(true));
    if (division_.by == "time") return byTime();
    if (division_.by == "given") return given();
    return divider_.random();
  }

 private:
  std::string_view cell(size_t row) const { return trimmed(table_.cell(row, column_)); }

  /// The rows of each value; those without one are each by itself, or all together.
  std::vector<RowList> rowsByValue(bool missingApart) const {
    std::map<std::string_view, RowList> values;
    std::vector<RowList> lists;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const bool apart = missingApart && format_.isMissing(cell(row));
      if (apart) lists.push_back({static_cast<std::int64_t>(row)});
      if (!apart) values[cell(row)].push_back(static_cast<std::int64_t>(row));
    }
    for (auto& [value, rows] : values) lists.push_back(std::move(rows));
    return lists;
  }

  /// Numbers, or the days of dates; NaN where there are none.
  std::vector<double> times() {
    std::vector<std::string_view> cells;
    for (size_t row = 0; row < table_.rows(); ++row) cells.push_back(cell(row));
    const auto count = [&](auto fits) {
      return 2 * std::count_if(cells.begin(), cells.end(), fits);
    };
    const bool dates = format_.dates == DateOrder::none &&
                       count([&](auto text) { return format_.number(text).has_value(); }) <
                           count([](auto text) { return looksLikeDate(text); });
    if (dates) format_.dates = dateOrderOf(cells).value_or(DateOrder::none);
    std::vector<double> found;
    for (const auto text : cells)
      found.push_back(format_.number(text).value_or(std::numeric_limits<double>::quiet_NaN()));
    const auto known =
        std::count_if(found.begin(), found.end(), [](double time) { return !std::isnan(time); });
    if (2 * known <= std::ssize(found))
      fail(
          "data.split_column: {}: column \"{}\": time needs numbers or dates as 2024-01-31, found "
          "\"{}\" ...",
          table_.file(), division_.column, cells[0]);
    return found;
  }

  /// The last rows are the test, those before them the validation.
  Parts byTime() {
    const auto found = times();
    RowList order(table_.rows()), training;
    std::iota(order.begin(), order.end(), 0);
    const auto time = [&](std::int64_t row) { return found[static_cast<size_t>(row)]; };
    const auto without = std::stable_partition(order.begin(), order.end(),
                                               [&](auto row) { return !std::isnan(time(row)); });
    training.assign(without, order.end());
    order.erase(without, order.end());
    if (!training.empty())
      warnings_.push_back({table_.place(static_cast<size_t>(training[0])),
                           fmt::format("column \"{}\": {} rows without a time are trained on",
                                       division_.column, training.size())});
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return time(a) != time(b) ? time(a) > time(b) : a > b; });
    const auto test = Divider::wanted(division_.shares.test, order.size());
    const auto validation = Divider::wanted(division_.shares.validation, order.size());
    const auto at = [&](size_t index) {
      return order.begin() + static_cast<std::ptrdiff_t>(index);
    };
    for (const size_t border : {test, test + validation})
      if (border > 0 && border < order.size() && time(*at(border - 1)) == time(*at(border)))
        warnings_.push_back(
            {table_.file(),
             fmt::format("column \"{}\": the rows of {} lie in two parts, the later ones of the "
                         "file in the later part",
                         division_.column, oneLine(cell(static_cast<size_t>(*at(border)))))});
    training.insert(training.begin(), at(test + validation), order.end());
    return Divider::joined({at(test), at(test + validation)}, {at(0), at(test)}, training);
  }

  Parts given() const {
    std::vector<Part> parts;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto part = partNamed(std::string(cell(row)));
      if (!part)
        fail("{}: expected train, validation or test (data.split is given), found \"{}\"",
             table_.place(row, column_), oneLine(cell(row)));
      parts.push_back(*part);
    }
    return Divider::given(parts);
  }

  const CsvTable& table_;
  const TableDivision& division_;
  Divider divider_;
  std::vector<Warning>& warnings_;
  size_t column_ = 0;
  CellFormat format_;
};

}  // namespace

TableDivision tableDivision(const Parameters& parameters) {
  TableDivision division{parameters.text("split"), parameters.text("split_column"),
                         Shares::from(parameters)};
  const bool random = division.by == "random";
  if (random && !division.column.empty())
    fail("data.split_column: random reads no column; name another way in data.split");
  if (!random && division.column.empty())
    fail("data.split_column: {} goes by a column; name it", division.by);
  return division;
}

Parts divideTable(const CsvTable& table, const TableGuesses& guesses, const TableDivision& division,
                  std::uint64_t seed, std::vector<Warning>& warnings) {
  const auto parts = TableDivider(table, guesses, division, seed, warnings).divide();
  noteShares(parts, division.shares, division.by == "given", table.file(), warnings);
  return parts;
}

}  // namespace eq::data
