#include "core/train/table_experiment.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/data/table_preview.h"
#include "core/data/table_target_choice.h"

namespace eq::train {
namespace {

constexpr std::int64_t kStepsToWatch = 2000;
constexpr double kFewestEpochs = 10;
constexpr const char* kTargetKinds[]{"class", "binary", "ordinal", "number"};

const data::ColumnGuess* columnNamed(const data::TableGuesses& guesses, const std::string& name) {
  const auto found = std::find_if(guesses.columns.begin(), guesses.columns.end(),
                                  [&](const auto& column) { return column.name == name; });
  return found == guesses.columns.end() ? nullptr : &*found;
}

[[noreturn]] void failNoColumn(const data::TableGuesses& guesses, const std::string& name,
                               const std::string& place) {
  std::vector<std::string> names;
  for (const auto& column : guesses.columns) names.push_back(column.name);
  fail("{}: {} has no column \"{}\"; it has {}", place, guesses.file, name, namesNear(name, names));
}

nlohmann::json targetOf(const data::ColumnGuess& column, const std::string& kind) {
  return {{"column", column.name}, {"kind", kind}};
}

/// Of a column that nothing says more of than its name.
nlohmann::json guessedTarget(const data::TableGuesses& guesses, const data::ColumnGuess& column,
                             const std::string& place) {
  if (const auto against = data::againstTarget(column); !against.empty())
    fail("{}: column \"{}\": {}; say how it is to be predicted, such as {}:class or {}:number",
         place, column.name, against, column.name, column.name);
  return targetOf(column, data::looksLikeClasses(column, guesses.rows) ? "class" : "number");
}

/// A column may be called "a:number": a name that there is goes before a kind.
nlohmann::json targetOf(const data::TableGuesses& guesses, const std::string& wish,
                        const std::string& place) {
  if (const auto* column = columnNamed(guesses, wish))
    return guessedTarget(guesses, *column, place);
  const auto colon = wish.rfind(':');
  if (colon == wish.npos) failNoColumn(guesses, wish, place);
  const auto name = wish.substr(0, colon), kind = wish.substr(colon + 1);
  const auto* column = columnNamed(guesses, name);
  if (!column) failNoColumn(guesses, name, place);
  if (std::find(std::begin(kTargetKinds), std::end(kTargetKinds), kind) == std::end(kTargetKinds))
    fail("{}: \"{}\" is no kind of a target; expected {}", place, kind,
         fmt::join(kTargetKinds, ", "));
  return targetOf(*column, kind);
}

/// "flats" of flats.csv.gz.
std::string experimentName(std::filesystem::path file) {
  if (file.extension() == ".gz") file = file.stem();
  return file.stem().string();
}

}  // namespace

nlohmann::json tableTargets(const data::TableGuesses& guesses,
                            const std::vector<std::string>& wishes, const std::string& place) {
  auto targets = nlohmann::json::array();
  for (const auto& wish : wishes) targets.push_back(targetOf(guesses, wish, place));
  if (!wishes.empty()) return targets;
  const auto choice = data::chooseTarget(guesses);
  targets.push_back(targetOf(guesses.columns[choice.column], choice.isClass ? "class" : "number"));
  return targets;
}

Length lengthToWatch(const nlohmann::json& data, std::size_t rows) {
  const auto share = [&](const char* key) {
    return data.contains(key) && data.at(key).is_number() ? data.at(key).get<double>() : 0.15;
  };
  const auto batch = std::clamp<std::int64_t>(static_cast<std::int64_t>(rows) / 16, 8, 256);
  const double trained = static_cast<double>(rows) * (1 - share("validation") - share("test"));
  const double stepsAnEpoch = std::max(std::ceil(trained / static_cast<double>(batch)), 1.0);
  return {batch, std::max(std::ceil(kStepsToWatch / stepsAnEpoch), kFewestEpochs)};
}

Experiment tableExperiment(const nlohmann::json& data, std::size_t rows) {
  const auto [batch, epochs] = lengthToWatch(data, rows);
  nlohmann::json keys{{"id", "table"}, {"standardize_targets", true}};
  keys.update(data);
  const std::filesystem::path file = keys.at("path").get<std::string>();
  return experimentFromJson({{"name", experimentName(file)},
                             {"data", keys},
                             {"model", {{"id", "mlp"}}},
                             {"batch_size", batch},
                             {"epochs", epochs}},
                            file.parent_path());
}

Experiment tableExperiment(const std::filesystem::path& file,
                           const std::vector<std::string>& wishes, const std::string& place,
                           std::vector<std::string>& notes, const nlohmann::json& keys) {
  if (!keys.is_object()) fail("data: expected an object, found {}", keys.dump());
  if (keys.contains("path"))
    fail("data.path: the table is {}; leave the path out, or name the other file in its place",
         file.string());
  const auto path = std::filesystem::absolute(file);
  auto data = keys;
  data["path"] = path.string();
  auto reading = keys;
  reading.erase("id");
  const auto guesses = data::previewTable(path, reading).guesses;
  if (guesses.columns.size() < 2)
    fail("{}: expected columns to predict from and one to be predicted, found {} column",
         file.string(), guesses.columns.size());
  if (!data.contains("targets") || !wishes.empty()) {
    data["targets"] = tableTargets(guesses, wishes, place);
    if (wishes.empty()) notes = data::chooseTarget(guesses).passedOver;
    for (const auto& target : data.at("targets"))
      notes.push_back(fmt::format("column \"{}\" is predicted as a {}",
                                  target.at("column").get<std::string>(),
                                  target.at("kind").get<std::string>()));
  }
  return tableExperiment(data, guesses.rows);
}

}  // namespace eq::train
