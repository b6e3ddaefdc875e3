#include "widgets/experiment/table_draft.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/data/categories.h"
#include "core/data/table_target_choice.h"
#include "core/loss/catalog.h"

namespace eq::widgets {
namespace {

using data::ColumnGuess;
using data::ColumnKind;

TaskKind taskKindOf(ColumnUse use) {
  switch (use) {
    case ColumnUse::asBinary:
      return TaskKind::binary;
    case ColumnUse::asOrdinal:
      return TaskKind::ordinal;
    case ColumnUse::asNumber:
      return TaskKind::regression;
    default:
      return TaskKind::classification;
  }
}

/// As `data.targets` calls it.
const char* targetKindOf(ColumnUse use) {
  switch (use) {
    case ColumnUse::asBinary:
      return "binary";
    case ColumnUse::asOrdinal:
      return "ordinal";
    case ColumnUse::asNumber:
      return "number";
    default:
      return "class";
  }
}

/// The kind that an input needs which would be left out by itself.
std::string kindAsInput(const ColumnGuess& guess) {
  if (guess.kind == ColumnKind::date) return "date_parts";
  const bool number = !guess.examples.empty() && guess.format.number(guess.examples[0]);
  return number ? "number" : "category";
}

}  // namespace

bool isPredicted(ColumnUse use) {
  return use == ColumnUse::asClass || use == ColumnUse::asBinary || use == ColumnUse::asOrdinal ||
         use == ColumnUse::asNumber;
}

void TableDraft::suggest(const data::TableGuesses& guesses) {
  suggested_.clear();
  if (given_.contains("targets")) return;
  try {
    const auto target = data::chooseTarget(guesses);
    suggested_ = guesses.columns[target.column].name;
    suggestedUse_ = target.isClass ? ColumnUse::asClass : ColumnUse::asNumber;
  } catch (const Error&) {
    return;  // TableDraft::problem says what is missing
  }
}

/// The reader takes such a column for no input by itself.
bool TableDraft::dividesOnly(const std::string& column) const {
  return column == splitColumn && (split == "group" || split == "given");
}

ColumnChoice TableDraft::choice(const data::TableGuesses& guesses, std::size_t column) const {
  const auto& guess = guesses.columns[column];
  if (const auto found = chosen_.find(guess.name); found != chosen_.end()) return found->second;
  ColumnChoice choice;
  if (guess.name == suggested_)
    choice.use = suggestedUse_;
  else if (!onlyInputs_.empty())
    choice.use = std::count(onlyInputs_.begin(), onlyInputs_.end(), guess.name) > 0
                     ? ColumnUse::input
                     : ColumnUse::leftOut;
  else if (guess.leftOut() || guess.kind == ColumnKind::empty || dividesOnly(guess.name))
    choice.use = ColumnUse::leftOut;
  return choice;
}

std::string TableDraft::kind(const data::TableGuesses& guesses, std::size_t column) const {
  const auto& guess = guesses.columns[column];
  const auto use = choice(guesses, column).use;
  if (use == ColumnUse::input && guess.leftOut()) return kindAsInput(guess);
  return std::string(toText(guess.kind));
}

data::TableGuesses TableDraft::withRoles(data::TableGuesses guesses) const {
  for (std::size_t column = 0; column < guesses.columns.size(); ++column) {
    auto& guess = guesses.columns[column];
    const auto use = choice(guesses, column).use;
    const bool dates = guess.kind == ColumnKind::date;
    if (use == ColumnUse::input && guess.leftOut() && dates) guess.kind = ColumnKind::dateParts;
    guess.role = use == ColumnUse::leftOut ? "left out"
                 : use == ColumnUse::field ? "field"
                 : isPredicted(use)        ? "target"
                                           : "input";
  }
  return guesses;
}

nlohmann::json TableDraft::readingKeys() const {
  auto keys = reading;
  auto kinds = nlohmann::json::object();
  for (const auto& [name, choice] : chosen_)
    if (!choice.kind.empty()) kinds[name] = {{"kind", choice.kind}};
  keys["columns"] = kinds;
  return keys;
}

nlohmann::json TableDraft::targetOf(const data::TablePreview& preview, std::size_t column) const {
  const auto& guesses = preview.guesses;
  const auto chosen = choice(guesses, column);
  const auto& name = guesses.columns[column].name;
  nlohmann::json target{{"column", name}, {"kind", targetKindOf(chosen.use)}};
  if (const auto named = taskNames_.find(name); named != taskNames_.end())
    target["name"] = named->second;
  if (chosen.use == ColumnUse::asOrdinal) target["order"] = orderOf(preview, column, chosen.order);
  if (chosen.use == ColumnUse::asNumber && !chosen.unit.empty())
    target["unit"] = data::trimmed(chosen.unit);
  auto fields = nlohmann::json::object();
  for (std::size_t other = 0; other < guesses.columns.size(); ++other)
    if (const auto field = choice(guesses, other);
        field.use == ColumnUse::field && field.target == name)
      fields[field.field] = guesses.columns[other].name;
  if (!fields.empty()) target["fields"] = fields;
  return target;
}

nlohmann::json TableDraft::data(const data::TablePreview& preview) const {
  const auto& guesses = preview.guesses;
  auto keys = given_;
  for (const auto* key : {"header", "delimiter", "decimal", "thousands", "missing", "inputs",
                          "categorical", "columns", "split", "split_column"})
    keys.erase(key);
  keys.update(reading);
  auto targets = nlohmann::json::array();
  auto kinds = nlohmann::json::object();
  for (std::size_t column = 0; column < guesses.columns.size(); ++column) {
    const auto& guess = guesses.columns[column];
    const auto chosen = choice(guesses, column);
    if (isPredicted(chosen.use)) targets.push_back(targetOf(preview, column));
    std::string kind = guess.given ? std::string(toText(guess.kind)) : std::string();
    if (chosen.use == ColumnUse::leftOut)
      kind = guess.leftOut() || guess.kind == ColumnKind::empty || dividesOnly(guess.name)
                 ? ""
                 : "ignored";
    else if (chosen.use == ColumnUse::input && guess.leftOut())
      kind = kindAsInput(guess);
    if (!kind.empty()) kinds[guess.name] = {{"kind", kind}};
  }
  if (!keys.contains("path")) keys["path"] = file_.string();
  keys["targets"] = targets;
  if (!kinds.empty()) keys["columns"] = kinds;
  if (split != "random") keys["split"] = split, keys["split_column"] = splitColumn;
  keys["validation"] = validation;
  keys["test"] = test;
  keys["standardize_targets"] = standardize;
  return keys;
}

std::string TableDraft::problem(const data::TableGuesses& guesses) const {
  bool target = false, input = false;
  for (std::size_t column = 0; column < guesses.columns.size(); ++column) {
    const auto chosen = choice(guesses, column);
    target = target || isPredicted(chosen.use);
    input = input || chosen.use == ColumnUse::input;
  }
  for (std::size_t column = 0; column < guesses.columns.size(); ++column) {
    const auto chosen = choice(guesses, column);
    if (chosen.use != ColumnUse::field) continue;
    const auto found = std::find_if(guesses.columns.begin(), guesses.columns.end(),
                                    [&](const auto& one) { return one.name == chosen.target; });
    const auto at = static_cast<std::size_t>(found - guesses.columns.begin());
    if (found == guesses.columns.end() || !isPredicted(choice(guesses, at).use))
      return fmt::format(
          "column \"{}\": it is the {} of \"{}\", which is not predicted; choose another use",
          guesses.columns[column].name, chosen.field, chosen.target);
  }
  if (!target) return "No column is to be predicted yet: choose one under Use.";
  if (!input) return "No column is left to predict from: choose Input under Use.";
  return {};
}

std::vector<std::string> orderOf(const data::TablePreview& preview, std::size_t column,
                                 const std::vector<std::string>& chosen) {
  const auto held =
      data::readCategories(preview.table, column, preview.guesses.columns[column].format).names;
  std::vector<std::string> order;
  for (const auto& name : chosen)
    if (std::find(held.begin(), held.end(), name) != held.end()) order.push_back(name);
  for (const auto& name : held)
    if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  return order;
}

std::vector<std::string> columnFieldsFor(ColumnUse use) {
  std::vector<std::string> fields;
  for (const auto* descriptor : loss::catalog().descriptors()) {
    if (!descriptor->accepts(taskKindOf(use))) continue;
    for (const auto& [name, shape, doc, required] : descriptor->inputs) {
      const bool column = shape == "[N]" || shape == "int [N]";
      const bool own = name == "prediction" || name == "target" || name == "mask";
      if (column && !own && std::find(fields.begin(), fields.end(), name) == fields.end())
        fields.push_back(name);
    }
  }
  std::stable_partition(fields.begin(), fields.end(),
                        [](const auto& name) { return name == "weight"; });
  return fields;
}

}  // namespace eq::widgets
