#include <cerrno>
#include <chrono>
#include <random>
#include <utility>

#include <sys/stat.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/database.h"
#include "core/run/run_folder.h"
#include "core/run/run_lock.h"
#include "core/run/run_rows.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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

/// Random, so that no two runs have the same.
std::string newId() {
  std::random_device source;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", source());
  return id;
}

/// One of an earlier version has none.
std::string giveId(Database& database) {
  database.prepare("INSERT OR IGNORE INTO info VALUES ('id', ?)").run(newId());
  auto id = database.prepare("SELECT value FROM info WHERE key = 'id'");
  return id.start().next() ? id.text(0) : std::string();
}

/// The place of a parent as its child records it: from the child where that is shorter, so that
/// both can move together.
std::string fromChild(const fs::path& parent, const fs::path& child) {
  const auto whole = fs::absolute(parent).lexically_normal();
  const auto relative = whole.lexically_relative(fs::absolute(child).lexically_normal()).string();
  return !relative.empty() && relative.size() < whole.string().size() ? relative : whole.string();
}

void setLineage(Database& database, const fs::path& folder, const RunWriter::ForkStart& start) {
  setInfoIn(database, "id", newId());
  setInfoIn(database, "parent", fs::absolute(start.parent).lexically_normal().filename().string());
  setInfoIn(database, "parent_folder", fromChild(start.parent, folder));
  setInfoIn(database, "parent_step", std::to_string(start.step));
  setInfoIn(database, "parent_id", start.parentId);
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
    fresh.execute(runSchema());
    fresh.execute("PRAGMA user_version = 1");
    setInfoIn(fresh, "id", newId());
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

std::unique_ptr<RunWriter> RunWriter::createFork(
    const fs::path& folder, const ForkStart& start,
    const std::function<void(const Position&)>& beforeItStands) {
  auto lock = std::make_unique<RunLock>(folder);
  auto database = createWhole(folder, [&](const fs::path& file) {
    Database(databaseFile(start.parent), Database::Mode::read).copyTo(file);
    Database fresh(file, Database::Mode::write);
    Transaction transaction(fresh, Transaction::Kind::writing);
    fresh.execute(runSchema());
    cutAfter(fresh, start.step);
    addRecords(fresh, {{}, {}, start.events});
    fresh.execute("DELETE FROM homes");
    addHome(fresh, folder);
    setLineage(fresh, folder, start);
    setInfoIn(fresh, "experiment", start.experiment.dump());
    setInfoIn(fresh, "data_folder", start.dataFolder);
    setInfoIn(fresh, "total_steps", std::to_string(start.totalSteps));
    setInfoIn(fresh, "state", toText(RunState::running));
    setInfoIn(fresh, "message", "");
    setInfoIn(fresh, "title", start.title);
    setInfoIn(fresh, "created", now());
    setInfoIn(fresh, "updated", now());
    commitWhole(fresh, transaction);
    beforeItStands(positionIn(fresh));
  });
  return std::unique_ptr<RunWriter>(new RunWriter(folder, std::move(lock), std::move(database)));
}

std::unique_ptr<RunWriter> RunWriter::open(const fs::path& folder) {
  requireRun(folder);
  auto lock = std::make_unique<RunLock>(folder);
  auto database = std::make_unique<Database>(databaseFile(folder), Database::Mode::write);
  database->requirePlainTables();
  Transaction transaction(*database, Transaction::Kind::writing);
  database->execute(runSchema());
  giveId(*database);
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
    auto parent = fresh.prepare("SELECT value FROM info WHERE key = 'parent_folder'");
    if (parent.start().next())
      setInfoIn(fresh, "parent_folder", fromChild(folder_ / parent.bytes(0), folder));
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
  addRecords(*database_, records);
  setInfo("updated", now());
  transaction.commit();
}

Position RunWriter::position() const {
  return positionIn(*database_);
}

void RunWriter::truncateAfter(std::int64_t step, const Position& position) {
  Transaction transaction(*database_, Transaction::Kind::writing);
  cutAfter(*database_, step, position);
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

std::string idOf(const fs::path& folder) {
  if (auto id = RunReader(folder).info().id; !id.empty()) return id;
  try {
    Database database(databaseFile(folder), Database::Mode::write);
    database.requirePlainTables();
    return giveId(database);
  } catch (const Error&) {  // in an archive, perhaps
    return {};
  }
}

void setTitle(const fs::path& folder, const std::string& title) {
  requireRun(folder);
  Database database(databaseFile(folder), Database::Mode::write);
  database.requirePlainTables();
  setInfoIn(database, "title", title);
}

}  // namespace eq::run
