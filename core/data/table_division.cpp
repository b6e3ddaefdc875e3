#include "core/data/table_division.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/dates.h"
#include "core/data/table_columns.h"

namespace eq::data {
namespace {

using RowList = std::vector<std::int64_t>;

constexpr double kShareOff = 0.05;  // from what was asked for, without a word

enum class Part { training, validation, test };

TableParts inParts(const RowList& validation, const RowList& test, const RowList& training) {
  TableParts parts{validation, validation.size(), test.size()};
  parts.order.insert(parts.order.end(), test.begin(), test.end());
  parts.order.insert(parts.order.end(), training.begin(), training.end());
  return parts;
}

class Divider {
 public:
  Divider(const CsvTable& table, const TableGuesses& guesses, const TableDivision& division,
          std::uint64_t seed, std::vector<Warning>& warnings)
      : table_(table),
        division_(division),
        random_(deriveSeed(seed, "split")),
        warnings_(warnings) {
    if (division.by == "random") return;
    column_ = columnIndex(table, division.column, "data.split_column");
    format_ = guesses.columns[column_].format;
  }

  TableParts divide() {
    if (division_.by == "stratified") return stratified();
    if (division_.by == "group") return groups();
    if (division_.by == "time") return byTime();
    if (division_.by == "given") return given();
    return firstOf(random_.permutation(static_cast<std::int64_t>(table_.rows())));
  }

 private:
  size_t wanted(double share, size_t rows) const {
    return static_cast<size_t>(std::llround(share * static_cast<double>(rows)));
  }

  TableParts firstOf(RowList order) const {
    return {std::move(order), wanted(division_.validation, table_.rows()),
            wanted(division_.test, table_.rows())};
  }

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

  RowList shuffled(const RowList& rows) {
    RowList mixed;
    for (const auto at : random_.permutation(std::ssize(rows)))
      mixed.push_back(rows[static_cast<size_t>(at)]);
    return mixed;
  }

  /// Each value in the same shares, up to a row; the remainders are carried from value to value.
  TableParts stratified() {
    RowList validation, test, training;
    double seen = 0;
    for (const auto& rows : rowsByValue(false)) {
      const auto mixed = shuffled(rows);
      seen += static_cast<double>(rows.size());
      for (const auto row : mixed) {
        const bool toValidation =
            static_cast<double>(validation.size()) + 0.5 <= division_.validation * seen;
        const bool toTest = static_cast<double>(test.size()) + 0.5 <= division_.test * seen;
        (toValidation ? validation : toTest ? test : training).push_back(row);
      }
    }
    return inParts(validation, test, training);
  }

  TableParts groups() {
    const auto lists = rowsByValue(true);
    const auto rows = table_.rows();
    RowList validation, test, training;
    for (const auto at : random_.permutation(std::ssize(lists))) {
      const auto& group = lists[static_cast<size_t>(at)];
      const auto fits = [&](const RowList& part, double share) {
        return part.size() + group.size() / 2 < wanted(share, rows);
      };
      auto& part = fits(validation, division_.validation) ? validation
                   : fits(test, division_.test)           ? test
                                                          : training;
      part.insert(part.end(), group.begin(), group.end());
    }
    return inParts(validation, test, training);
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
  TableParts byTime() {
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
    const auto test = wanted(division_.test, order.size());
    const auto validation = wanted(division_.validation, order.size());
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
    return inParts({at(test), at(test + validation)}, {at(0), at(test)}, training);
  }

  Part partOf(size_t row) const {
    std::string text(cell(row));
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char* name : {"train", "training"})
      if (text == name) return Part::training;
    for (const char* name : {"validation", "valid", "val", "dev"})
      if (text == name) return Part::validation;
    if (text == "test") return Part::test;
    fail("{}: expected train, validation or test (data.split is given), found \"{}\"",
         table_.place(row, column_), oneLine(cell(row)));
  }

  TableParts given() const {
    RowList validation, test, training;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto part = partOf(row);
      (part == Part::training     ? training
       : part == Part::validation ? validation
                                  : test)
          .push_back(static_cast<std::int64_t>(row));
    }
    return inParts(validation, test, training);
  }

  const CsvTable& table_;
  const TableDivision& division_;
  RandomStream random_;
  std::vector<Warning>& warnings_;
  size_t column_ = 0;
  CellFormat format_;
};

/// Says of a part that it is empty, or of another size than was asked for.
void noteShares(const CsvTable& table, const TableDivision& division, const TableParts& parts,
                std::vector<Warning>& warnings) {
  const bool given = division.by == "given";
  const auto note = [&](const char* name, size_t rows, double asked) {
    const double share = static_cast<double>(rows) / static_cast<double>(table.rows());
    const bool off = !given && std::abs(share - asked) > kShareOff;
    if (rows == 0 && (given || asked > 0))
      warnings.push_back({table.file(), fmt::format("no row is kept for {}", name)});
    else if (off)
      warnings.push_back({table.file(), fmt::format("{} of {} rows are kept for {}, {:.0f} % were "
                                                    "asked for",
                                                    rows, table.rows(), name, 100 * asked)});
  };
  note("validation", parts.validation, division.validation);
  note("test", parts.test, division.test);
}

}  // namespace

TableDivision tableDivision(const Parameters& parameters) {
  TableDivision division{parameters.text("split"), parameters.text("split_column"),
                         parameters.number("validation"), parameters.number("test")};
  if (division.validation + division.test >= 1)
    fail("data.validation: {} and data.test {} leave nothing to train on", division.validation,
         division.test);
  const bool random = division.by == "random";
  if (random && !division.column.empty())
    fail("data.split_column: random reads no column; name another way in data.split");
  if (!random && division.column.empty())
    fail("data.split_column: {} goes by a column; name it", division.by);
  return division;
}

TableParts divideTable(const CsvTable& table, const TableGuesses& guesses,
                       const TableDivision& division, std::uint64_t seed,
                       std::vector<Warning>& warnings) {
  auto parts = Divider(table, guesses, division, seed, warnings).divide();
  if (parts.validation + parts.test >= table.rows())
    fail("{}: expected more rows, found {}, of which {} are kept for validation and test",
         table.file(), table.rows(), parts.validation + parts.test);
  noteShares(table, division, parts, warnings);
  return parts;
}

}  // namespace eq::data
