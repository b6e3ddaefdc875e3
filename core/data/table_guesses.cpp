#include "core/data/table_guesses.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include <fmt/ranges.h>

namespace eq::data {
namespace {

constexpr size_t kShown = 3;
constexpr size_t kFewest = 10;  ///< rows below which distinct texts say nothing

const std::map<std::string, char> kGroupMarks{
    {"none", 0}, {"point", '.'}, {"comma", ','}, {"space", ' '}, {"apostrophe", '\''}};

std::string nameOf(char separator) {
  switch (separator) {
    case ',':
      return "comma";
    case ';':
      return "semicolon";
    case '\t':
      return "tab";
    case '|':
      return "pipe";
    case ' ':
      return "blanks";
    default:
      return std::string(1, separator);
  }
}

/// 2024-01-31, 31.1.2024, 1/31/24, also with a time behind.
bool looksLikeDate(std::string_view cell) {
  std::string shape;
  size_t run = 0;
  std::string runs;
  const auto text = trimmed(cell).substr(0, 10);
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      ++run;
      continue;
    }
    if (shape.size() == 2) break;
    runs += static_cast<char>('0' + run);
    run = 0;
    shape += c;
  }
  runs += static_cast<char>('0' + run);
  const bool marks = shape == "--" || shape == "//" || shape == "..";
  const auto few = [&](size_t i) { return runs[i] == '1' || runs[i] == '2'; };
  return marks && runs.size() == 3 && few(1) &&
         ((runs[0] == '4' && few(2)) || (few(0) && (runs[2] == '4' || runs[2] == '2')));
}

bool namedLikeIndex(const CsvTable& table, size_t column) {
  std::string name = table.names()[column];
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return table.nameless(column) || name == "index" || name == "id" || name == "row names" ||
         name == "rownames" || name.starts_with("unnamed: ");
}

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
  }

  ColumnGuess guess() {
    const auto& format = guess_.format;
    size_t numbers = 0, dates = 0, values = 0;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto cell = trimmed(table_.cell(row, column_));
      if (format.isMissing(cell)) continue;
      ++values;
      if (texts_.insert(cell).second && guess_.examples.size() < kShown)
        guess_.examples.push_back(oneLine(cell));
      numbers += format.number(cell) || format.isMissingNumber(cell);
      dates += looksLikeDate(cell);
    }
    guess_.distinct = texts_.size();
    guess_.kind = kindOf(values, numbers, dates);
    count();
    return std::move(guess_);
  }

 private:
  ColumnKind kindOf(size_t values, size_t numbers, size_t dates) const {
    if (values == 0) return ColumnKind::empty;
    const bool apart = texts_.size() == table_.rows() && table_.rows() > 1;
    if (apart && namedLikeIndex(table_, column_)) {
      if (counts()) return ColumnKind::rowNumber;
      if (table_.nameless(column_) && 2 * numbers <= values) return ColumnKind::identifier;
    }
    if (2 * dates > values) return ColumnKind::date;
    if (2 * numbers > values) return ColumnKind::number;
    return apart && table_.rows() >= kFewest ? ColumnKind::identifier : ColumnKind::category;
  }

  /// 0, 1, 2 ... or 1, 2, 3 ...; without a name, any whole numbers that all differ.
  bool counts() const {
    bool whole = true, counting = true;
    std::int64_t first = 0;
    for (size_t row = 0; row < table_.rows() && whole; ++row) {
      const auto number = guess_.format.wholeNumber(table_.cell(row, column_));
      whole = number.has_value();
      if (!whole) break;
      if (row == 0) first = *number;
      counting = counting && *number == first + static_cast<std::int64_t>(row);
    }
    const bool fromStart = counting && (first == 0 || first == 1);
    return whole && (fromStart || table_.nameless(column_));
  }

  void count() {
    const auto& format = guess_.format;
    const bool number = guess_.kind == ColumnKind::number;
    for (size_t row = 0; row < table_.rows(); ++row) {
      const auto cell = trimmed(table_.cell(row, column_));
      if (number ? format.isMissingNumber(cell) : format.isMissing(cell)) {
        ++guess_.missing;
        continue;
      }
      const bool fits = number                            ? format.number(cell).has_value()
                        : guess_.kind == ColumnKind::date ? looksLikeDate(cell)
                                                          : true;
      ++(fits ? guess_.speakFor : guess_.speakAgainst);
      if (!fits && guess_.against.size() < kShown)
        guess_.against.push_back(fmt::format("{}: {}", table_.place(row, column_), oneLine(cell)));
    }
  }

  const CsvTable& table_;
  size_t column_;
  ColumnGuess guess_;
  std::unordered_set<std::string_view> texts_;
};

std::string groupingOf(const ColumnGuess& column) {
  for (const auto& [name, mark] : kGroupMarks)
    if (mark != 0 && mark == column.format.thousands) return name;
  return "none";
}

}  // namespace

std::string_view toText(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return "number";
    case ColumnKind::category:
      return "category";
    case ColumnKind::date:
      return "date";
    case ColumnKind::rowNumber:
      return "row number";
    case ColumnKind::identifier:
      return "identifier";
    case ColumnKind::empty:
      return "empty";
  }
  return "?";
}

TableGuesses guessTable(const CsvTable& table, const TableMarks& marks) {
  TableGuesses guesses{table.file(),
                       table.rows(),
                       nameOf(table.delimiter()),
                       table.delimiterEvidence(),
                       marks.decimal,
                       "given",
                       {}};
  if (marks.decimal == "auto") {
    const auto votes = decimalVotes(table);
    guesses.decimal = votes.comma > votes.point ? "comma" : "point";
    guesses.decimalEvidence =
        fmt::format("{} cells speak for the comma, {} for the point", votes.comma, votes.point);
    for (const auto& first : {votes.firstComma, votes.firstPoint})
      if (!first.empty() && votes.comma > 0) guesses.decimalEvidence += "; " + first;
  }
  for (size_t column = 0; column < table.columns(); ++column)
    guesses.columns.push_back(Look(table, column, marks, guesses.decimal == "comma").guess());
  return guesses;
}

std::vector<Warning> notesOn(const TableGuesses& guesses) {
  std::vector<Warning> notes;
  const auto note = [&](const ColumnGuess& column, const std::string& text) {
    notes.push_back({guesses.file, fmt::format("column \"{}\": {}", column.name, text)});
  };
  if (guesses.separator == "blanks" || guesses.separatorEvidence.find("not") != std::string::npos)
    notes.push_back({guesses.file, fmt::format("fields are divided by {} ({}); data.delimiter "
                                               "names another",
                                               guesses.separator, guesses.separatorEvidence)});
  if (guesses.decimal == "comma" && guesses.decimalEvidence != "given")
    notes.push_back({guesses.file, fmt::format("the decimal mark is a comma ({}); data.decimal "
                                               "names another",
                                               guesses.decimalEvidence)});
  for (const auto& column : guesses.columns) {
    if (column.leftOut() && column.role == "left out")
      note(column, fmt::format("{} ({} ...), left out; data.inputs can name it",
                               toText(column.kind), fmt::join(column.examples, ", ")));
    if (column.kind == ColumnKind::date)
      note(column, fmt::format("{} dates ({}), read as texts, not as times", column.speakFor,
                               fmt::join(column.examples, ", ")));
    if (column.kind == ColumnKind::number && column.format.thousands)
      note(column, fmt::format("thousands are grouped by {}; data.thousands says otherwise",
                               groupingOf(column)));
    if (column.kind == ColumnKind::number && column.speakAgainst > 0)
      note(column,
           fmt::format("{} of {} values are no numbers ({})", column.speakAgainst,
                       column.speakFor + column.speakAgainst, fmt::join(column.against, "; ")));
    if (column.distinct == 1 && column.missing == 0 && guesses.rows > 1)
      note(column, fmt::format("every value is \"{}\"; it tells nothing", column.examples[0]));
  }
  return notes;
}

nlohmann::json toJson(const TableGuesses& guesses) {
  auto columns = nlohmann::json::array();
  for (const auto& column : guesses.columns)
    columns.push_back({{"name", column.name},
                       {"kind", toText(column.kind)},
                       {"role", column.role},
                       {"for", column.speakFor},
                       {"against", column.speakAgainst},
                       {"first_against", column.against},
                       {"missing", column.missing},
                       {"distinct", column.distinct},
                       {"examples", column.examples},
                       {"thousands", groupingOf(column)}});
  return {{"file", guesses.file},
          {"rows", guesses.rows},
          {"separator", {{"value", guesses.separator}, {"evidence", guesses.separatorEvidence}}},
          {"decimal", {{"value", guesses.decimal}, {"evidence", guesses.decimalEvidence}}},
          {"columns", columns}};
}

std::vector<std::string> toLines(const TableGuesses& guesses) {
  std::vector<std::string> lines{fmt::format(
      "{}: {} rows; separator {} ({}); decimal {} ({})", guesses.file, guesses.rows,
      guesses.separator, guesses.separatorEvidence, guesses.decimal, guesses.decimalEvidence)};
  for (const auto& column : guesses.columns) {
    lines.push_back(fmt::format("  {}: {}, {}; {} for, {} against, {} missing, {} different: {}",
                                column.name, toText(column.kind), column.role, column.speakFor,
                                column.speakAgainst, column.missing, column.distinct,
                                fmt::join(column.examples, ", ")));
    if (!column.against.empty()) lines.back() += fmt::format("; {}", column.against[0]);
  }
  return lines;
}

}  // namespace eq::data
