#include "app/table_opening.h"

#include <algorithm>
#include <cctype>

#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/data/table_guesses.h"
#include "core/data/table_target_choice.h"
#include "core/train/trainer.h"

namespace eq::app {

bool isTable(const std::filesystem::path& file) {
  auto name = file.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* ending :
       {".csv", ".tsv", ".tab", ".txt", ".csv.gz", ".tsv.gz", ".tab.gz", ".txt.gz"})
    if (name.ends_with(ending)) return true;
  return false;
}

namespace {

/// What `check` says of the experiment, or why it cannot be trained as it stands: its target may be
/// another.
std::vector<std::string> notesOn(const train::Experiment& experiment) {
  try {
    std::vector<std::string> notes;
    const train::Trainer trainer(experiment);
    for (const auto& note : trainer.warnings()) notes.push_back(note.message);
    return notes;
  } catch (const Error& error) {
    return {error.what()};
  }
}

}  // namespace

OpenedTable openTable(const std::filesystem::path& file) {
  const auto table = data::readCsv(file);
  if (table.columns() < 2)
    fail("{}: expected columns to predict from and one to be predicted, found {} column",
         file.string(), table.columns());
  const auto guesses = data::guessTable(table, {});
  const auto choice = data::chooseTarget(guesses);
  OpenedTable opened;
  opened.target = table.names()[choice.column];
  opened.isClass = choice.isClass;
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
  opened.notes = choice.passedOver;
  for (auto& note : notesOn(opened.experiment)) opened.notes.push_back(std::move(note));
  return opened;
}

}  // namespace eq::app
