#include "core/data/table_notes.h"

#include <fmt/ranges.h>

namespace eq::data {
namespace {

/// What becomes of dates.
std::string datesNote(const ColumnGuess& column) {
  const bool times = !column.examples.empty() && isTimeOfDay(column.examples[0]);
  const auto dates = fmt::format("{} {} ({})", column.speakFor, times ? "times" : "dates",
                                 fmt::join(column.examples, ", "));
  if (column.kind == ColumnKind::dateParts) return dates + ", read as year, month and weekday";
  if (column.given)
    return dates + (times ? ", read as shares of the day" : ", read as days since 1970-01-01");
  return dates + (column.role == "left out" ? ", left out" : ", read as texts") +
         "; data.columns can say \"date\" to have " +
         (times ? "shares of the day" : "days, \"date_parts\" to have year, month and weekday");
}

/// What a reader of one column should know.
class ColumnNotes {
 public:
  ColumnNotes(const TableGuesses& guesses, const ColumnGuess& column, std::vector<Warning>& notes)
      : guesses_(guesses), column_(column), notes_(notes) {}

  void add() {
    const bool dates = column_.kind == ColumnKind::date || column_.kind == ColumnKind::dateParts;
    const bool telling = column_.kind == ColumnKind::number || dates;
    if (dates)
      note(datesNote(column_));
    else if (column_.leftOut() && column_.role == "left out" && !column_.given)
      note(fmt::format("{} ({} ...), left out; data.inputs can name it", toText(column_.kind),
                       fmt::join(column_.examples, ", ")));
    else if (column_.leftOut() && column_.role == "target")
      note(fmt::format("it is to be predicted, but looks like a {} ({} ...)", toText(column_.kind),
                       fmt::join(column_.examples, ", ")));
    if (telling && column_.speakAgainst > 0) odd();
    for (const auto& remark : column_.remarks) note(remark);
    if (column_.distinct == 1 && !column_.examples.empty() && guesses_.rows > 1) constant();
  }

 private:
  void note(const std::string& text) {
    notes_.push_back({guesses_.file, fmt::format("column \"{}\": {}", column_.name, text)});
  }
  /// A category that is missing is all 0; a number is then the mean, the same again.
  void constant() {
    const bool missing = column_.missing > 0 && column_.kind == ColumnKind::category;
    note(fmt::format("every value is \"{}\"{}; it tells {}", column_.examples[0],
                     column_.missing > 0 ? fmt::format(", {} are missing", column_.missing) : "",
                     missing ? "only where it is missing" : "nothing"));
  }
  void odd() {
    const auto kind = column_.kind == ColumnKind::number ? "numbers" : "dates";
    note(fmt::format("{} of {} values are no {} ({}){}", column_.speakAgainst,
                     column_.speakFor + column_.speakAgainst, kind,
                     fmt::join(column_.against, "; "),
                     column_.format.oddMissing ? ", taken as missing" : ""));
  }

  const TableGuesses& guesses_;
  const ColumnGuess& column_;
  std::vector<Warning>& notes_;
};

nlohmann::json columnToJson(const ColumnGuess& column) {
  return {{"name", column.name},
          {"kind", toText(column.kind)},
          {"given", column.given},
          {"role", column.role},
          {"for", column.speakFor},
          {"against", column.speakAgainst},
          {"first_against", column.against},
          {"missing", column.missing},
          {"distinct", column.distinct},
          {"examples", column.examples},
          {"decimal", column.format.decimalComma ? "comma" : "point"},
          {"thousands", thousandsName(column.format)},
          {"remarks", column.remarks}};
}

std::string columnLine(const nlohmann::json& column) {
  const auto text = [&](const char* key) { return column.at(key).get<std::string>(); };
  const auto texts = [&](const char* key) {
    return column.at(key).get<std::vector<std::string>>();
  };
  const auto count = [&](const char* key) { return column.at(key).get<std::int64_t>(); };
  auto line = fmt::format(
      "  {}: {}{}, {}; {} for, {} against, {} missing, {} different: {}", text("name"),
      text("kind"), column.at("given").get<bool>() ? " (given)" : "", text("role"), count("for"),
      count("against"), count("missing"), count("distinct"), fmt::join(texts("examples"), ", "));
  for (const auto& odd : texts("first_against")) line += "; " + odd;
  return line;
}

}  // namespace

std::vector<Warning> notesOn(const TableGuesses& guesses) {
  std::vector<Warning> notes;
  if (guesses.separator == "blanks" || guesses.separatorDoubtful)
    notes.push_back({guesses.file, fmt::format("fields are divided by {} ({}); data.delimiter "
                                               "names another",
                                               guesses.separator, guesses.separatorEvidence)});
  if (guesses.decimal == "comma" && guesses.decimalEvidence != "given")
    notes.push_back({guesses.file, fmt::format("the decimal mark is a comma ({}); data.decimal "
                                               "names another",
                                               guesses.decimalEvidence)});
  for (const auto& remark : guesses.remarks) notes.push_back({guesses.file, remark});
  for (const auto& column : guesses.columns) ColumnNotes(guesses, column, notes).add();
  return notes;
}

nlohmann::json toJson(const TableGuesses& guesses) {
  auto columns = nlohmann::json::array();
  for (const auto& column : guesses.columns) columns.push_back(columnToJson(column));
  return {{"file", guesses.file},
          {"rows", guesses.rows},
          {"separator", {{"value", guesses.separator}, {"evidence", guesses.separatorEvidence}}},
          {"decimal", {{"value", guesses.decimal}, {"evidence", guesses.decimalEvidence}}},
          {"remarks", guesses.remarks},
          {"columns", columns}};
}

std::vector<std::string> tableLines(const nlohmann::json& guesses) {
  std::vector<std::string> lines;
  try {
    const auto mark = [&](const char* name) {
      const auto& found = guesses.at(name);
      return fmt::format("{} {} ({})", name, found.at("value").get<std::string>(),
                         found.at("evidence").get<std::string>());
    };
    lines.push_back(fmt::format("{}: {} rows; {}; {}", guesses.at("file").get<std::string>(),
                                guesses.at("rows").get<std::int64_t>(), mark("separator"),
                                mark("decimal")));
    for (const auto& column : guesses.at("columns")) lines.push_back(columnLine(column));
  } catch (const nlohmann::json::exception&) {
    lines.clear();
  }
  return lines;
}

}  // namespace eq::data
