#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/run/exchange/import_files.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using data::CsvTable;

constexpr double kMostExactStep = 9007199254740992;  // 2^53

std::optional<std::size_t> columnNamed(const CsvTable& table,
                                       const std::vector<std::string>& names) {
  for (const auto& name : names)
    for (std::size_t i = 0; i < table.columns(); ++i)
      if (table.names()[i] == name) return i;
  return std::nullopt;
}

bool isSqlite(const fs::path& file) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::string begin(kMagic.size(), '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return begin == kMagic;
}

/// None of an empty cell; NaN and infinities as programs spell them.
std::optional<double> numberIn(const CsvTable& table, std::size_t row, std::size_t column) {
  std::string_view text = table.cell(row, column);
  if (text.empty() || text == "null" || text == "None") return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  if (text == "NaN" || text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    fail("{}: expected a number, found \"{}\"", table.place(row, column), text);
  return value;
}

std::int64_t stepIn(const CsvTable& table, std::size_t row, std::size_t column) {
  const auto value = numberIn(table, row, column);
  if (!value || *value != std::floor(*value) || std::abs(*value) > kMostExactStep)
    fail("{}: expected a whole number of steps, found \"{}\"", table.place(row, column),
         table.cell(row, column));
  return static_cast<std::int64_t>(*value);
}

ImportedRun namedRun(const fs::path& file, const std::string& source, const std::string& name) {
  ImportedRun run;
  run.source = source;
  run.place = file;
  run.name = name;
  return run;
}

/// Aim's: a row a value.
std::vector<ImportedRun> importLong(const CsvTable& table, const fs::path& file, std::size_t hash) {
  const auto metric = columnNamed(table, {"metric.name"}), step = columnNamed(table, {"step"}),
             value = columnNamed(table, {"value"}), context = columnNamed(table, {"context"}),
             name = columnNamed(table, {"run.name"});
  if (!metric || !step || !value)
    fail("{}: has run.hash, and should have metric.name, step and value", file.string());
  std::map<std::string, ImportedRun> runs;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string id(table.cell(row, hash));
    const auto named = name ? std::string(table.cell(row, *name)) : std::string();
    auto& run =
        runs.try_emplace(id, namedRun(file, "Aim", named.empty() ? id : named)).first->second;
    const auto number = numberIn(table, row, *value);
    if (!number) continue;
    std::string tag(table.cell(row, *metric));
    // {"subset": "val"} is a split; what else a context says is a part of the name.
    const auto said = context ? nlohmann::json::parse(table.cell(row, *context), nullptr, false)
                              : nlohmann::json();
    if (said.is_object())
      for (const auto& [key, part] : said.items())
        tag = (part.is_string() ? part.get<std::string>() : part.dump()) + "/" + tag;
    run.scalars.push_back({0, stepIn(table, row, *step), tag, *number});
  }
  std::vector<ImportedRun> list;
  for (auto& [id, run] : runs) list.push_back(std::move(run));
  return list;
}

/// A column of W&B's chart or of a history.
struct ValueColumn {
  std::size_t column = 0;
  std::string run, metric;
};

std::vector<ValueColumn> valueColumns(const CsvTable& table, std::size_t step,
                                      const std::string& usual, bool& ofRuns) {
  std::vector<ValueColumn> columns;
  ofRuns = false;
  for (std::size_t i = 0; i < table.columns(); ++i) {
    const auto& name = table.names()[i];
    const auto dash = name.rfind(" - ");
    if (i == step || name.starts_with("_") || name.ends_with("__MIN") || name.ends_with("__MAX"))
      continue;
    const bool isOfRun = dash != std::string::npos && dash > 0;
    ofRuns = ofRuns || isOfRun;
    if (isOfRun && name.substr(dash + 3).starts_with("_")) continue;  // _step again
    columns.push_back(
        {i, isOfRun ? name.substr(0, dash) : usual, isOfRun ? name.substr(dash + 3) : name});
  }
  return columns;
}

/// A row a step: W&B's, and this program's.
std::vector<ImportedRun> importWide(const CsvTable& table, const fs::path& file, std::size_t step) {
  bool ofRuns = false;
  const auto columns = valueColumns(table, step, file.stem().string(), ofRuns);
  const auto time = columnNamed(table, {"_timestamp"});
  const bool wandb = ofRuns || table.names()[step] != "step";
  std::map<std::string, ImportedRun> runs;
  for (const auto& one : columns) {
    auto& run =
        runs.try_emplace(one.run, namedRun(file, wandb ? "W&B" : "CSV", one.run)).first->second;
    if (one.metric == "source") continue;  // of gradients, as this program exports it
    for (std::size_t row = 0; row < table.rows(); ++row)
      if (const auto value = numberIn(table, row, one.column))
        run.scalars.push_back({time ? numberIn(table, row, *time).value_or(0) : 0,
                               stepIn(table, row, step), one.metric, *value});
  }
  std::vector<ImportedRun> list;
  for (auto& [name, run] : runs)
    if (!run.scalars.empty()) list.push_back(std::move(run));
  return list;
}

}  // namespace

std::vector<ImportedRun> importCsv(const fs::path& file) {
  const auto table = data::readCsv(file);
  const auto hash = columnNamed(table, {"run.hash"});
  const auto step = columnNamed(table, {"Step", "_step", "step", "global_step"});
  if (!hash && !step)
    fail(
        "{}: expected a column Step, _step or step (W&B, export --series csv), or run.hash (Aim); "
        "found {}",
        file.string(), fmt::join(table.names(), ", "));
  auto runs = hash ? importLong(table, file, *hash) : importWide(table, file, *step);
  if (runs.empty()) fail("{}: holds no values", file.string());
  return runs;
}

std::vector<ImportedRun> importRuns(const fs::path& place) {
  std::error_code error;
  if (fs::is_directory(place, error)) return importTensorBoard(place);
  if (!fs::exists(place, error)) fail("{}: there is no such file or folder", place.string());
  if (place.filename().string().find("tfevents") != std::string::npos)
    fail("{}: name the folder that it is in, which is the run", place.string());
  return isSqlite(place) ? importOptuna(place) : importCsv(place);
}

}  // namespace eq::run
