#include "core/data/table_target_choice.h"

#include <fmt/ranges.h>

#include "core/base/error.h"

namespace eq::data {
namespace {

constexpr size_t kMostClasses = 20;  ///< different numbers that may still be classes
constexpr size_t kPassedOver = 5;

}  // namespace

std::string againstTarget(const ColumnGuess& column) {
  if (column.kind == ColumnKind::empty) return "no value at all";
  if (column.distinct == 1) return fmt::format("every value is \"{}\"", column.examples[0]);
  if (column.leftOut())
    return fmt::format("{} ({} ...)", toText(column.kind), fmt::join(column.examples, ", "));
  return {};
}

bool looksLikeClasses(const ColumnGuess& column, size_t rows) {
  if (column.kind != ColumnKind::number) return true;
  return column.distinct <= kMostClasses && column.distinct < rows;
}

TargetChoice chooseTarget(const TableGuesses& guesses) {
  TargetChoice choice;
  for (size_t column = guesses.columns.size(); column-- > 0;) {
    const auto& guess = guesses.columns[column];
    const auto against = againstTarget(guess);
    if (against.empty()) {
      choice.column = column;
      choice.isClass = looksLikeClasses(guess, guesses.rows);
      return choice;
    }
    choice.passedOver.push_back(
        fmt::format("column \"{}\" is not predicted: {}", guess.name, against));
  }
  if (choice.passedOver.size() > kPassedOver) choice.passedOver.resize(kPassedOver);
  fail("{}: no column to predict; name one in data.targets ({} ...)", guesses.file,
       fmt::join(choice.passedOver, "; "));
}

}  // namespace eq::data
