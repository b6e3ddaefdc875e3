#include "core/data/table_guesses.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/error.h"
#include "core/data/csv_separator.h"
#include "core/data/number_marks.h"
#include "core/data/table_remarks.h"

namespace eq::data {
namespace {

constexpr size_t kShown = 3;
constexpr size_t kFewest = 10;  ///< rows below which distinct texts say nothing

const std::map<std::string, char> kGroupMarks{
    {"none", 0}, {"point", '.'}, {"comma", ','}, {"space", ' '}, {"apostrophe", '\''}};

/// One column, cell by cell.
class Look {
 public:
  Look(const CsvTable& table, size_t column, const TableMarks& marks, bool decimalComma)
      : table_(table), column_(column) {
    guess_.name = table.names()[column];
    guess_.format = marks.format;
    guess_.format.decimalComma = decimalComma;
    guess_.format.thousands = marks.thousands == "auto" ? thousandsOf(table, column, decimalComma)
                                                        : kGroupMarks.at(marks.thousands);
    const auto given = marks.kinds.find(guess_.name);
    guess_.given = given != marks.kinds.end();
    if (guess_.given) guess_.kind = given->second;
  }

  ColumnGuess guess() {
    if (guess_.given && areDates()) readDates();
    const auto& format = guess_.format;
    Votes votes;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto cell = trimmed(table_.cell(row, column_));
      if (format.isMissing(cell)) continue;
      ++votes.values;
      texts_.insert(cell);
      votes.numbers += format.number(cell).has_value();
      votes.dates += looksLikeDate(cell);
      votes.open += format.isMissingNumber(cell);
    }
    if (!guess_.given) guess_.kind = kindOf(votes);
    texts_.clear();
    count();
    guess_.distinct = texts_.size();
    if (guess_.given) takeOddAsMissing();
    return std::move(guess_);
  }

 private:
  struct Votes {
    size_t values = 0, numbers = 0, dates = 0;
    size_t open = 0;  ///< texts such as "-", which speak neither for numbers nor against them
  };

  bool areDates() const {
    return guess_.kind == ColumnKind::date || guess_.kind == ColumnKind::dateParts;
  }
  bool areNumbers() const {
    return guess_.kind == ColumnKind::number || guess_.format.dates != DateOrder::none;
  }

  ColumnKind kindOf(const Votes& votes) const {
    const size_t values = votes.values - votes.open;
    if (votes.values == 0) return ColumnKind::empty;
    const bool apart = texts_.size() == table_.rows() && table_.rows() > 1;
    if (apart && (table_.nameless(column_) || namesRows(guess_.name))) {
      const bool whole = wholeFrom().has_value();
      if (whole && (table_.nameless(column_) || wholeFrom() == 0 || wholeFrom() == 1))
        return ColumnKind::rowNumber;
      if (whole && table_.rows() >= kFewest) return ColumnKind::identifier;
      if (table_.nameless(column_) && 2 * votes.numbers <= values) return ColumnKind::identifier;
    }
    if (2 * votes.dates > values) return ColumnKind::date;
    if (2 * votes.numbers > values) return ColumnKind::number;
    return apart && table_.rows() >= kFewest ? ColumnKind::identifier : ColumnKind::category;
  }

  /// The first of whole numbers that count up by one, -1 of others; nothing of what is not whole.
  std::optional<std::int64_t> wholeFrom() const {
    bool counting = true;
    std::int64_t first = 0;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto number = guess_.format.wholeNumber(table_.cell(row, column_));
      if (!number) return std::nullopt;
      if (row == 0) first = *number;
      counting = counting && first >= 0 && *number == first + static_cast<std::int64_t>(row);
    }
    return counting ? first : -1;
  }

  void readDates() {
    std::vector<std::string_view> cells;
    for (size_t row = 0; row < table_.rows(); ++row) cells.push_back(table_.cell(row, column_));
    const auto order = dateOrderOf(cells);
    guess_.format.dates = order.value_or(DateOrder::none);
    if (!order)
      guess_.problem = fmt::format(
          "{}: the cells do not tell the day from the month ({}: {} ...); write dates as "
          "2024-01-31",
          place(), table_.file(), oneLine(trimmed(cells[0])));
  }

  void takeOddAsMissing() {
    if (!areNumbers() || !guess_.problem.empty()) return;
    guess_.format.oddMissing = true;
    const bool times = guess_.speakFor > 0 && isTimeOfDay(guess_.examples[0]);
    if (guess_.speakFor == 0)
      guess_.problem = fmt::format(
          "{}: {}, but no cell of {} is one{}", place(), toText(guess_.kind), table_.file(),
          guess_.against.empty() ? std::string() : fmt::format(" ({} ...)", guess_.against[0]));
    else if (times && guess_.kind == ColumnKind::dateParts)
      guess_.problem = fmt::format(
          "{}: date_parts, but the cells are times of day ({} ...); date gives shares of the day",
          place(), guess_.examples[0]);
  }

  std::string place() const { return fmt::format("data.columns.{}.kind", guess_.name); }

  void count() {
    const auto& format = guess_.format;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto cell = trimmed(table_.cell(row, column_));
      if (areNumbers() ? format.isMissingNumber(cell) : format.isMissing(cell)) {
        ++guess_.missing;
        continue;
      }
      const bool fits = areNumbers() ? format.number(cell).has_value()
                        : areDates() ? looksLikeDate(cell)
                                     : true;
      ++(fits ? guess_.speakFor : guess_.speakAgainst);
      if (texts_.insert(cell).second && fits && guess_.examples.size() < kShown)
        guess_.examples.push_back(oneLine(cell));
      if (!fits && guess_.against.size() < kShown)
        guess_.against.push_back(fmt::format("{}: {}", table_.place(row, column_), oneLine(cell)));
    }
  }

  const CsvTable& table_;
  size_t column_;
  ColumnGuess guess_;
  std::unordered_set<std::string_view> texts_;
};

void guessDecimal(TableGuesses& guesses, const TableMarks& marks, const MarkFacts& all,
                  char separator) {
  guesses.decimal = marks.decimal;
  guesses.decimalEvidence = "given";
  if (marks.decimal != "auto") return;
  guesses.decimal = decimalIsComma({}, all, separator) ? "comma" : "point";
  guesses.decimalEvidence =
      fmt::format("{} cells speak for the comma, {} for the point", all.comma, all.point);
  for (const auto& first : {all.firstComma, all.firstPoint})
    if (!first.empty() && all.comma > 0) guesses.decimalEvidence += "; " + first;
}

}  // namespace

bool namesRows(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* usual : {"index", "id", "row names", "rownames", "rowid", "row", "#", "uuid"})
    if (lower == usual) return true;
  if (lower.starts_with("unnamed: ")) return true;
  return name.ends_with("Id") || name.ends_with("ID") || lower.ends_with("_id") ||
         lower.ends_with(" id") || lower.ends_with("-id") || lower.ends_with(".id");
}

bool ColumnGuess::leftOut() const {
  if (kind == ColumnKind::ignored) return true;
  return !given && (kind == ColumnKind::rowNumber || kind == ColumnKind::identifier ||
                    kind == ColumnKind::date);
}

std::string_view toText(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return "number";
    case ColumnKind::category:
      return "category";
    case ColumnKind::date:
      return "date";
    case ColumnKind::dateParts:
      return "date_parts";
    case ColumnKind::rowNumber:
      return "row number";
    case ColumnKind::identifier:
      return "identifier";
    case ColumnKind::empty:
      return "empty";
    case ColumnKind::ignored:
      return "ignored";
  }
  return "?";
}

std::string thousandsName(const CellFormat& format) {
  for (const auto& [name, mark] : kGroupMarks)
    if (mark == format.thousands) return name;
  return "none";
}

TableGuesses guessTable(const CsvTable& table, const TableMarks& marks) {
  auto guesses = lookAtTable(table, marks);
  for (const auto& column : guesses.columns)
    if (!column.problem.empty()) throw Error(column.problem);
  return guesses;
}

TableGuesses lookAtTable(const CsvTable& table, const TableMarks& marks) {
  std::vector<MarkFacts> facts;
  MarkFacts all;
  for (size_t column = 0; column < table.columns(); ++column)
    all += facts.emplace_back(markFacts(table, column));
  TableGuesses guesses;
  guesses.file = table.file();
  guesses.rows = table.rows();
  guesses.separator = separatorName(table.delimiter());
  guesses.separatorEvidence = table.delimiterEvidence();
  guesses.separatorDoubtful = table.delimiterDoubtful();
  guessDecimal(guesses, marks, all, table.delimiter());
  guesses.remarks = remarksOn(table);
  const bool automatic = marks.decimal == "auto";
  for (size_t column = 0; column < table.columns(); ++column) {
    const bool comma = automatic ? decimalIsComma(facts[column], all, table.delimiter())
                                 : marks.decimal == "comma";
    auto guess = Look(table, column, marks, comma).guess();
    const bool open = automatic && marks.thousands == "auto" && !all.decided();
    guess.remarks = remarksOn(table, column, guess, {facts[column], all, open});
    guesses.columns.push_back(std::move(guess));
  }
  return guesses;
}

}  // namespace eq::data
