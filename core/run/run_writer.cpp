#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/stat.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/database.h"
#include "core/run/run_folder.h"
#include "core/run/run_lock.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Also run on a folder of an earlier version, which then has all tables.
constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS info (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS steps (
    step INTEGER PRIMARY KEY, epoch REAL, examples INTEGER, seconds REAL, learning_rate REAL);
  CREATE TABLE IF NOT EXISTS task_steps (
    step INTEGER, task INTEGER, loss REAL, weight REAL, PRIMARY KEY (step, task)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS terms (
    step INTEGER, task INTEGER, place INTEGER, term TEXT, value REAL,
    PRIMARY KEY (step, task, place)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS conflicts (
    step INTEGER PRIMARY KEY, source TEXT, condition_number REAL, sum_norm REAL, update_norm REAL,
    norms BLOB, cosines BLOB);
  CREATE TABLE IF NOT EXISTS points (step INTEGER PRIMARY KEY, point BLOB);
  CREATE TABLE IF NOT EXISTS evaluations (
    id INTEGER PRIMARY KEY, step INTEGER, epoch REAL, seconds REAL, split TEXT);
  CREATE TABLE IF NOT EXISTS evaluation_values (
    evaluation INTEGER, task INTEGER, metric TEXT, value REAL,
    PRIMARY KEY (evaluation, task, metric)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS class_reports (
    evaluation INTEGER, task INTEGER, classes INTEGER, confusion BLOB, bins BLOB,
    PRIMARY KEY (evaluation, task));
  CREATE TABLE IF NOT EXISTS intervals (
    evaluation INTEGER, task INTEGER, metric TEXT, low REAL, high REAL, confidence REAL,
    resamples INTEGER, PRIMARY KEY (evaluation, task, metric)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS homes (id INTEGER PRIMARY KEY, folder TEXT UNIQUE);
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, step INTEGER, seconds REAL, kind TEXT, text TEXT, detail TEXT);
)";

std::string now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format("{:.3f}", std::chrono::duration<double>(time).count());
}

void setInfoIn(Database& database, const std::string& key, const std::string& value) {
  database.prepare("INSERT OR REPLACE INTO info VALUES (?, ?)").run(key, value);
}

/// The newest home is the last one.
void addHome(Database& database, const fs::path& folder) {
  const auto home = fs::absolute(folder).lexically_normal();
  database.prepare("INSERT OR REPLACE INTO homes (folder) VALUES (?)").run(home.string());
}

void setTasks(Database& database, const std::vector<TaskInfo>& tasks) {
  json names = json::array(), infos = json::array();
  for (const auto& task : tasks) {
    names.push_back(task.name);
    infos.push_back(toJson(task));
  }
  setInfoIn(database, "tasks", names.dump());
  setInfoIn(database, "task_infos", infos.dump());
}

void addSteps(Database& database, const std::vector<train::StepRecord>& steps) {
  auto step = database.prepare("INSERT INTO steps VALUES (?, ?, ?, ?, ?)");
  auto task = database.prepare("INSERT INTO task_steps VALUES (?, ?, ?, ?)");
  auto term = database.prepare("INSERT INTO terms VALUES (?, ?, ?, ?, ?)");
  auto conflict = database.prepare("INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?)");
  auto point = database.prepare("INSERT INTO points VALUES (?, ?)");
  for (const auto& record : steps) {
    step.run(record.step, record.epoch, record.examples, record.seconds, record.learningRate);
    for (size_t k = 0; k < record.losses.size(); ++k)
      task.run(record.step, static_cast<std::int64_t>(k), record.losses[k], record.weights.at(k));
    for (size_t i = 0; i < record.terms.size(); ++i)
      term.run(record.step, record.terms[i].task, static_cast<std::int64_t>(i),
               record.terms[i].name, record.terms[i].value);
    if (record.conflict) {
      const auto& found = *record.conflict;
      const bool exact = found.source == train::GradientSource::exact;
      conflict.run(record.step, std::string(exact ? "exact" : "representation"),
                   found.conditionNumber, found.sumNorm, found.updateNorm, found.norms,
                   found.cosines);
    }
    if (!record.point.empty()) point.run(record.step, record.point);
  }
}

std::vector<double> toColumns(const std::vector<metric::ReliabilityBin>& bins) {
  std::vector<double> columns;
  for (const auto& bin : bins) columns.push_back(bin.count);
  for (const auto& bin : bins) columns.push_back(bin.confidence);
  for (const auto& bin : bins) columns.push_back(bin.right);
  return columns;
}

void addEvaluations(Database& database, const std::vector<train::EvaluationRecord>& evaluations) {
  auto head =
      database.prepare("INSERT INTO evaluations (step, epoch, seconds, split) VALUES (?, ?, ?, ?)");
  auto value = database.prepare("INSERT INTO evaluation_values VALUES (?, ?, ?, ?)");
  auto report = database.prepare("INSERT INTO class_reports VALUES (?, ?, ?, ?, ?)");
  for (const auto& record : evaluations) {
    head.run(record.step, record.epoch, record.seconds, toText(record.split));
    const std::int64_t id = database.lastId();
    for (size_t k = 0; k < record.tasks.size(); ++k)
      for (const auto& [metric, number] : record.tasks[k])
        value.run(id, static_cast<std::int64_t>(k), metric, number);
    for (const auto& [task, found] : record.reports)
      report.run(id, static_cast<std::int64_t>(task), found.classes, found.confusion,
                 toColumns(found.bins));
  }
}

void addIntervals(Database& database, const std::vector<train::IntervalRecord>& records) {
  auto newest = database.prepare("SELECT max(id) FROM evaluations WHERE split = ?");
  auto interval = database.prepare("INSERT OR REPLACE INTO intervals VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const auto& record : records) {
    newest.start(toText(record.split)).next();
    const std::int64_t id = newest.integer(0);
    for (const auto& [task, metrics] : record.tasks)
      for (const auto& [metric, found] : metrics)
        interval.run(id, static_cast<std::int64_t>(task), metric, found.low, found.high,
                     found.confidence, found.resamples);
  }
}

void addEvents(Database& database, const std::vector<train::EventRecord>& events) {
  auto event = database.prepare(
      "INSERT INTO events (step, seconds, kind, text, detail) VALUES (?, ?, ?, ?, ?)");
  for (const auto& record : events)
    event.run(record.step, record.seconds, record.kind, record.text,
              record.detail.dump(-1, ' ', false, json::error_handler_t::replace));
}

void truncate(Database& database, std::int64_t step, const Position& position) {
  for (const char* table : {"steps", "task_steps", "terms", "conflicts", "points"})
    database.prepare(fmt::format("DELETE FROM {} WHERE step > ?", table)).run(step);
  for (const char* table : {"evaluation_values", "class_reports", "intervals"})
    database.prepare(fmt::format("DELETE FROM {} WHERE evaluation > ?", table))
        .run(position.evaluations);
  database.prepare("DELETE FROM evaluations WHERE id > ?").run(position.evaluations);
  database.prepare("DELETE FROM events WHERE id > ? AND NOT (kind = 'checkpoint' AND step <= ?)")
      .run(position.events, step);
}

/// Commits, and moves what was committed from the log into the file itself: the log stays behind
/// when the file is moved, and closing a database does not say that this failed.
void commitWhole(Database& database, Transaction& transaction) {
  transaction.commit();
  database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Makes the database under another name and moves it, so that a run is there whole or not at all.
template <typename Fill>
std::unique_ptr<Database> createWhole(const fs::path& folder, Fill fill) {
  const fs::path file = databaseFile(folder);
  const fs::path unfinished = file.string() + ".new";
  fill(unfinished);
  renameFile(unfinished, file);
  return std::make_unique<Database>(file, Database::Mode::write);
}

/// \throws Error when there is none, or it cannot be reached.
std::uint64_t fileNumber(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) throw fileError(file, "cannot be reached", errno);
  return found.st_ino;
}

}  // namespace

RunWriter::RunWriter(const fs::path& folder, std::unique_ptr<RunLock> lock,
                     std::unique_ptr<Database> database)
    : folder_(folder),
      file_(fileNumber(databaseFile(folder))),
      lock_(std::move(lock)),
      database_(std::move(database)) {}

RunWriter::~RunWriter() = default;

std::unique_ptr<RunWriter> RunWriter::create(const fs::path& folder, const Start& start) {
  auto lock = std::make_unique<RunLock>(folder);
  auto database = createWhole(folder, [&](const fs::path& file) {
    Database fresh(file, Database::Mode::create);
    Transaction transaction(fresh, Transaction::Kind::writing);
    fresh.execute(kSchema);
    fresh.execute("PRAGMA user_version = 1");
    setInfoIn(fresh, "experiment", start.experiment.dump());
    setInfoIn(fresh, "data_folder", start.dataFolder);
    addHome(fresh, folder);
    setTasks(fresh, start.tasks);
    setInfoIn(fresh, "total_steps", std::to_string(start.totalSteps));
    setInfoIn(fresh, "state", toText(RunState::running));
    setInfoIn(fresh, "created", now());
    setInfoIn(fresh, "updated", now());
    commitWhole(fresh, transaction);
  });
  return std::unique_ptr<RunWriter>(new RunWriter(folder, std::move(lock), std::move(database)));
}

std::unique_ptr<RunWriter> RunWriter::createFork(const fs::path& folder, const fs::path& parent,
                                                 std::int64_t step, const Position& position) {
  auto lock = std::make_unique<RunLock>(folder);
  auto database = createWhole(folder, [&](const fs::path& file) {
    Database(databaseFile(parent), Database::Mode::read).copyTo(file);
    Database fresh(file, Database::Mode::write);
    Transaction transaction(fresh, Transaction::Kind::writing);
    fresh.execute(kSchema);
    truncate(fresh, step, position);
    fresh.execute("DELETE FROM homes");
    addHome(fresh, folder);
    setInfoIn(fresh, "parent", fs::absolute(parent).lexically_normal().filename().string());
    setInfoIn(fresh, "parent_step", std::to_string(step));
    setInfoIn(fresh, "state", toText(RunState::running));
    setInfoIn(fresh, "message", "");
    setInfoIn(fresh, "title", "");
    setInfoIn(fresh, "created", now());
    setInfoIn(fresh, "updated", now());
    commitWhole(fresh, transaction);
  });
  return std::unique_ptr<RunWriter>(new RunWriter(folder, std::move(lock), std::move(database)));
}

std::unique_ptr<RunWriter> RunWriter::open(const fs::path& folder) {
  requireRun(folder);
  auto lock = std::make_unique<RunLock>(folder);
  auto database = std::make_unique<Database>(databaseFile(folder), Database::Mode::write);
  database->requirePlainTables();
  Transaction transaction(*database, Transaction::Kind::writing);
  database->execute(kSchema);
  transaction.commit();
  return std::unique_ptr<RunWriter>(new RunWriter(folder, std::move(lock), std::move(database)));
}

std::unique_ptr<RunWriter> RunWriter::copyTo(const fs::path& folder) {
  auto lock = std::make_unique<RunLock>(folder);
  auto database = createWhole(folder, [&](const fs::path& file) {
    database_->copyTo(file);
    Database fresh(file, Database::Mode::write);
    Transaction transaction(fresh, Transaction::Kind::writing);
    addHome(fresh, folder);
    commitWhole(fresh, transaction);
  });
  return std::unique_ptr<RunWriter>(new RunWriter(folder, std::move(lock), std::move(database)));
}

void RunWriter::requireInPlace() const {
  if (fileNumber(databaseFile(folder_)) == file_) return;
  throw Error(fmt::format("{}: another run stands there now; the one that was trained there was "
                          "moved or replaced",
                          folder_.string()),
              ErrorKind::failure);
}

void RunWriter::append(const Records& records, bool synced) {
  requireInPlace();
  if (records.empty() && !synced) return;
  database_->execute(synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  Transaction transaction(*database_, Transaction::Kind::writing);
  addSteps(*database_, records.steps);
  addEvaluations(*database_, records.evaluations);
  addIntervals(*database_, records.intervals);
  addEvents(*database_, records.events);
  setInfo("updated", now());
  transaction.commit();
}

Position RunWriter::position() const {
  return positionIn(*database_);
}

Position positionIn(Database& database) {
  auto ids =
      database.prepare("SELECT (SELECT max(id) FROM events), (SELECT max(id) FROM evaluations)");
  ids.start().next();
  return {ids.integer(0), ids.integer(1)};
}

void RunWriter::truncateAfter(std::int64_t step, const Position& position) {
  Transaction transaction(*database_, Transaction::Kind::writing);
  truncate(*database_, step, position);
  transaction.commit();
}

void RunWriter::setState(RunState state, const std::string& message) {
  requireInPlace();
  Transaction transaction(*database_, Transaction::Kind::writing);
  setInfo("state", toText(state));
  setInfo("message", message);
  setInfo("updated", now());
  transaction.commit();
}

void RunWriter::setPlace(const fs::path& dataFolder) {
  Transaction transaction(*database_, Transaction::Kind::writing);
  addHome(*database_, folder_);
  setInfo("data_folder", dataFolder.string());
  transaction.commit();
}

void RunWriter::setTotalSteps(std::int64_t steps) {
  setInfo("total_steps", std::to_string(steps));
}

void RunWriter::setExperiment(const json& experiment) {
  setInfo("experiment", experiment.dump());
}

void RunWriter::setTitle(const std::string& title) {
  setInfo("title", title);
}

void RunWriter::setInfo(const std::string& key, const std::string& value) {
  setInfoIn(*database_, key, value);
}

void setTitle(const fs::path& folder, const std::string& title) {
  requireRun(folder);
  Database database(databaseFile(folder), Database::Mode::write);
  database.requirePlainTables();
  setInfoIn(database, "title", title);
}

}  // namespace eq::run
