#include "app/table_opening.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/data/table_guesses.h"
#include "core/data/table_notes.h"
#include "core/data/table_roles.h"
#include "core/data/table_target_choice.h"

namespace eq::app {

bool isTable(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  for (const char* ending : {".csv", ".tsv", ".csv.gz", ".tsv.gz"})
    if (name.ends_with(ending)) return true;
  return false;
}

OpenedTable openTable(const std::filesystem::path& file) {
  const auto table = data::readCsv(file);
  if (table.columns() < 2)
    fail("{}: expected columns to predict from and one to be predicted, found {} column",
         file.string(), table.columns());
  auto guesses = data::guessTable(table, {});
  const auto choice = data::chooseTarget(guesses);
  OpenedTable opened;
  opened.target = table.names()[choice.column];
  opened.isClass = choice.isClass;
  data::TableWishes wishes;
  wishes.targets.emplace_back().column = opened.target;
  data::assignRoles(table, wishes, guesses);
  opened.notes = choice.passedOver;
  for (const auto& note : data::alikeMerged(notesOn(guesses))) opened.notes.push_back(note.message);
  const nlohmann::json experiment{
      {"name", file.stem().stem().string()},
      {"data",
       {{"id", "table"},
        {"path", std::filesystem::absolute(file).string()},
        {"standardize_targets", !opened.isClass},
        {"targets", {{{"column", opened.target}, {"kind", opened.isClass ? "class" : "number"}}}}}},
      {"model", {{"id", "mlp"}}},
      {"batch_size", std::clamp<std::size_t>(table.rows() / 16, 8, 256)},
      {"epochs", 40}};
  opened.experiment = train::experimentFromJson(experiment, file.parent_path());
  return opened;
}

}  // namespace eq::app
