#include "core/study/run_index_file.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "core/base/error.h"
#include "core/run/database.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using run::Database;

constexpr std::int64_t kVersion = 4;  // of the tables below and of what stands in them

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS version (number INTEGER);"
    "CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY, text TEXT UNIQUE);"
    "CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, record INTEGER, log INTEGER, "
    "info TEXT, layout INTEGER, fields TEXT, numbers BLOB)";

/// Three numbers each.
json intervalsAsJson(const IndexedRun& run) {
  json all = json::array();
  for (const auto& one : run.intervals)
    for (const auto& number : {json(one.series), json(one.low), json(one.high)})
      all.push_back(number);
  return all;
}

void readIntervals(const json& all, IndexedRun& run) {
  for (std::size_t i = 0; i + 2 < all.size(); i += 3)
    run.intervals.push_back(
        {all[i].get<std::size_t>(), all[i + 1].get<double>(), all[i + 2].get<double>()});
}

json infoAsJson(const IndexedRun& run) {
  const auto& info = run.info;
  return json::array({info.name, info.title, static_cast<int>(info.state), info.message, info.steps,
                      info.totalSteps, info.created, info.updated, info.parent, info.parentStep,
                      run.labels.tag, run.labels.note, run.labels.pinned, info.id, info.parentId,
                      info.parentFolder.string(), run.labels.colour, intervalsAsJson(run),
                      info.imported});
}

void readInfo(const json& all, IndexedRun& run) {
  auto& info = run.info;
  all.at(0).get_to(info.name);
  all.at(1).get_to(info.title);
  info.state = static_cast<run::RunState>(all.at(2).get<int>());
  all.at(3).get_to(info.message);
  all.at(4).get_to(info.steps);
  all.at(5).get_to(info.totalSteps);
  all.at(6).get_to(info.created);
  all.at(7).get_to(info.updated);
  all.at(8).get_to(info.parent);
  all.at(9).get_to(info.parentStep);
  all.at(10).get_to(run.labels.tag);
  all.at(11).get_to(run.labels.note);
  all.at(12).get_to(run.labels.pinned);
  all.at(13).get_to(info.id);
  all.at(14).get_to(info.parentId);
  info.parentFolder = all.at(15).get<std::string>();
  all.at(16).get_to(run.labels.colour);
  readIntervals(all.at(17), run);
  all.at(18).get_to(info.imported);
}

json fieldsAsJson(const IndexedRun& run) {
  json fields = json::array();
  for (const auto* field : run.fields) fields.push_back(*field);
  return fields;
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::shared_ptr<const RunLayout> layoutFrom(const std::string& text) {
  const auto all = json::parse(text);
  auto layout = std::make_shared<RunLayout>();
  all.at(0).get_to(layout->fields);
  all.at(1).get_to(layout->series);
  return layout;
}

/// The ends of the series, then their values.
std::vector<double> numbersOf(const IndexedRun& run) {
  std::vector<double> numbers(run.ends.begin(), run.ends.end());
  numbers.insert(numbers.end(), run.values.begin(), run.values.end());
  return numbers;
}

/// \returns whether all fits together, so that nobody reads beyond it.
bool takeNumbers(const std::vector<double>& numbers, IndexedRun& run) {
  const auto count = run.layout->series.size();
  if (numbers.size() < count) return false;
  const auto last = static_cast<double>(numbers.size() - count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!(numbers[i] >= 0 && numbers[i] <= last)) return false;
    run.ends.push_back(static_cast<std::size_t>(numbers[i]));
  }
  run.values.assign(numbers.begin() + static_cast<std::ptrdiff_t>(count), numbers.end());
  return std::is_sorted(run.ends.begin(), run.ends.end()) &&
         run.fields.size() == run.layout->fields.size() &&
         run.info.state >= run::RunState::running && run.info.state <= run::RunState::died;
}

bool isUsable(Database& database) {
  database.requirePlainTables();
  if (!database.hasTable("version")) return false;
  auto version = database.prepare("SELECT number FROM version");
  return version.start().next() && version.integer(0) == kVersion;
}

std::vector<IndexRow> rowsIn(Database& database) {
  std::map<std::int64_t, std::shared_ptr<const RunLayout>> layouts;
  auto texts = database.prepare("SELECT id, text FROM layouts");
  texts.start();
  while (texts.next()) layouts[texts.integer(0)] = layoutFrom(texts.text(1));
  auto read =
      database.prepare("SELECT folder, record, log, info, layout, fields, numbers FROM runs");
  std::vector<IndexRow> rows;
  read.start();
  while (read.next()) {
    IndexRow row{read.bytes(0), read.integer(1), read.integer(2), {}};
    readInfo(json::parse(read.text(3)), row.run);
    row.run.layout = layouts.at(read.integer(4));
    for (const auto& field : json::parse(read.text(5))) row.run.fields.push_back(interned(field));
    if (takeNumbers(read.numbers(6), row.run)) rows.push_back(std::move(row));
  }
  return rows;
}

std::int64_t layoutId(Database& database, const RunLayout& layout) {
  const auto text = layoutText(layout);
  database.prepare("INSERT OR IGNORE INTO layouts (text) VALUES (?)").run(text);
  auto found = database.prepare("SELECT id FROM layouts WHERE text = ?");
  found.start(text).next();
  return found.integer(0);
}

void change(Database& database, const std::vector<IndexRow>& rows,
            const std::vector<std::string>& dropped) {
  run::Transaction all(database, run::Transaction::Kind::writing);
  database.execute(kTables);
  if (!isUsable(database)) {
    database.execute("DELETE FROM version");
    database.prepare("INSERT INTO version VALUES (?)").run(kVersion);
  }
  auto drop = database.prepare("DELETE FROM runs WHERE folder = ?");
  for (const auto& folder : dropped) drop.run(folder);
  auto put = database.prepare("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)");
  std::map<const RunLayout*, std::int64_t> ids;
  for (const auto& row : rows) {
    const auto [id, isNew] = ids.try_emplace(row.run.layout.get(), 0);
    if (isNew) id->second = layoutId(database, *row.run.layout);
    put.run(row.folder, row.record, row.log, dumped(infoAsJson(row.run)), id->second,
            dumped(fieldsAsJson(row.run)), numbersOf(row.run));
  }
  all.commit();
}

void removeFile(const fs::path& file) {
  std::error_code ignored;
  for (const auto* ending : {"", "-wal", "-shm"}) fs::remove(file.string() + ending, ignored);
}

/// A file of another version, or none: what stands in it is worth nothing.
void removeUnusable(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  try {
    Database database(file, Database::Mode::read);
    if (isUsable(database)) return;
  } catch (const Error&) {
  }
  removeFile(file);
}

}  // namespace

std::string layoutText(const RunLayout& layout) {
  return dumped(json::array({layout.fields, layout.series}));
}

std::vector<IndexRow> readIndexFile(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  try {
    Database database(file, Database::Mode::read);
    return isUsable(database) ? rowsIn(database) : std::vector<IndexRow>();
  } catch (const std::exception&) {  // also of JSON
    removeFile(file);
    return {};
  }
}

void writeIndexFile(const fs::path& file, const std::vector<IndexRow>& rows,
                    const std::vector<std::string>& dropped) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return;
  removeUnusable(file);
  try {
    Database database(file, Database::Mode::create);
    change(database, rows, dropped);
  } catch (const Error&) {
  }
}

}  // namespace eq::study
