#include <cstdlib>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/database.h"
#include "core/run/row_readers.h"
#include "core/run/run_folder.h"
#include "core/run/run_lock.h"
#include "core/train/complete_experiment.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

[[noreturn]] void failForeign(const json& value, const std::string& place) {
  throw Error(
      fmt::format("{}: {} does not belong here; take a copy of the run", place, value.dump()),
      ErrorKind::failure);
}

/// Calls `read`. \throws Error when JSON that parses is not what stands there in every run.
template <typename Read>
auto readWith(const json& value, const std::string& place, Read read) {
  try {
    return read(value);
  } catch (const json::exception&) {
    failForeign(value, place);
  } catch (const Error&) {  // which does not know the place
    failForeign(value, place);
  }
}

template <typename Value>
Value read(const json& value, const std::string& place) {
  return readWith(value, place, [](const json& found) { return found.get<Value>(); });
}

/// Reads the rows of a table along with the steps or evaluations that they belong to, both in
/// order. A run of an earlier version may lack the table: then there are none.
class Companion {
 public:
  /// \param key the table's first column. \param order of the rows of one step: ", task".
  Companion(Database& database, const std::string& table, const std::string& key,
            const std::string& order, std::int64_t after) {
    if (!database.hasTable(table)) return;
    statement_.emplace(database.prepare(
        fmt::format("SELECT * FROM {0} WHERE {1} > ? ORDER BY {1}{2}", table, key, order)));
    there_ = statement_->start(after).next();
  }

  /// Calls `use(row)` for each row of a step or an evaluation.
  template <typename Use>
  void rowsOf(std::int64_t id, Use use) {
    for (; there_ && statement_->integer(0) <= id; there_ = statement_->next())
      if (statement_->integer(0) == id) use(*statement_);
  }

 private:
  std::optional<Statement> statement_;
  bool there_ = false;
};

train::SplitName splitOf(const std::string& text) {
  for (const auto split : {train::SplitName::train, train::SplitName::test})
    if (text == toText(split)) return split;
  return train::SplitName::validation;
}

void readIntervals(const Database& database, Companion& rows, std::int64_t id,
                   train::EvaluationRecord& record) {
  rows.rowsOf(id, [&](const Statement& row) {
    record.intervals[taskAt(database, row, 1)][row.text(2)] = {row.number(3), row.number(4),
                                                               row.number(5), row.integer(6)};
  });
}

/// \param which a WHERE clause, or nothing for all.
/// \param after at least the ids that `which` leaves out at the beginning.
std::vector<train::EvaluationRecord> readEvaluations(Database& database, const std::string& which,
                                                     bool withReports, std::int64_t after = 0) {
  const Transaction oneMoment(database, Transaction::Kind::reading);
  auto heads = database.prepare("SELECT id, step, epoch, seconds, split FROM evaluations " + which +
                                " ORDER BY id");
  const auto ofEvaluations = [&](const char* table, const char* order) {
    return Companion(database, table, "evaluation", order, after);
  };
  auto values = ofEvaluations("evaluation_values", ", task, metric"),
       reports = ofEvaluations("class_reports", ", task"),
       intervals = ofEvaluations("intervals", ", task"),
       fronts = ofEvaluations("fronts", ", point, task");
  std::vector<train::EvaluationRecord> records;
  heads.start();
  while (heads.next()) {
    const auto id = heads.integer(0);
    train::EvaluationRecord record;
    record.step = heads.integer(1);
    record.epoch = heads.number(2);
    record.seconds = heads.number(3);
    record.split = splitOf(heads.text(4));
    values.rowsOf(id, [&](const Statement& row) {
      const auto task = taskAt(database, row, 1);
      if (record.tasks.size() <= task) record.tasks.resize(task + 1);
      record.tasks[task][row.text(2)] = row.number(3);
    });
    if (withReports)
      reports.rowsOf(id, [&](const Statement& row) {
        record.reports.emplace(taskAt(database, row, 1), reportOf(database, row));
      });
    if (withReports)
      fronts.rowsOf(id, [&](const Statement& row) { addFrontRow(database, row, record.front); });
    readIntervals(database, intervals, id, record);
    records.push_back(std::move(record));
  }
  return records;
}

RunState stateOf(const std::string& text, const fs::path& folder) {
  for (const auto state : {RunState::finished, RunState::stopped, RunState::failed})
    if (text == toText(state)) return state;
  if (!RunLock::isHeld(folder)) return RunState::died;
  return text == toText(RunState::paused) ? RunState::paused : RunState::running;
}

}  // namespace

RunReader::RunReader(const fs::path& folder) : folder_(folder) {
  requireRun(folder);
  database_ = std::make_unique<Database>(databaseFile(folder), Database::Mode::read);
  database_->requirePlainTables();
}

RunReader::~RunReader() = default;

std::string RunReader::infoText(const std::string& key) const {
  auto value = database_->prepare("SELECT value FROM info WHERE key = ?");
  return value.start(key).next() ? value.text(0) : std::string();
}

std::int64_t RunReader::newestIn(const std::string& table) const {
  auto newest = database_->prepare("SELECT max(step) FROM " + table);
  newest.start().next();
  return newest.integer(0);
}

RunInfo RunReader::info() const {
  RunInfo info;
  info.folder = folder_;
  info.state = stateOf(infoText("state"), folder_);
  info.message = infoText("message");
  const auto made = experiment();
  info.name = read<std::string>(made.value("name", json("")),
                                databaseFile(folder_).string() + ": experiment.name");
  info.imported = train::isImported(made);
  info.title = infoText("title");
  info.steps = newestIn("steps");
  if (info.imported && info.steps == 0) info.steps = newestIn("evaluations");
  info.totalSteps = std::strtoll(infoText("total_steps").c_str(), nullptr, 10);
  info.created = std::strtod(infoText("created").c_str(), nullptr);
  info.updated = std::strtod(infoText("updated").c_str(), nullptr);
  info.parent = infoText("parent");
  info.parentStep = std::strtoll(infoText("parent_step").c_str(), nullptr, 10);
  info.id = infoText("id");
  info.parentId = infoText("parent_id");
  if (const auto parent = infoPath("parent_folder"); !parent.empty())
    info.parentFolder = fs::absolute(folder_ / parent).lexically_normal();
  return info;
}

nlohmann::json RunReader::experiment() const {
  const std::string place = databaseFile(folder_).string() + ": experiment";
  return read<json::object_t>(parseJson(infoText("experiment"), place), place);
}

fs::path RunReader::infoPath(const std::string& key) const {
  auto value = database_->prepare("SELECT value FROM info WHERE key = ?");
  return value.start(key).next() ? value.bytes(0) : std::string();
}

fs::path RunReader::dataFolder() const {
  return infoPath("data_folder");
}

std::vector<fs::path> RunReader::homes() const {
  std::vector<fs::path> homes;
  if (!database_->hasTable("homes")) return homes;  // of an earlier version
  auto rows = database_->prepare("SELECT folder FROM homes ORDER BY id");
  rows.start();
  while (rows.next()) homes.emplace_back(rows.bytes(0));
  return homes;
}

std::vector<std::string> RunReader::tasks() const {
  const std::string place = databaseFile(folder_).string() + ": tasks";
  return read<std::vector<std::string>>(parseJson(infoText("tasks"), place), place);
}

std::vector<TaskInfo> RunReader::taskInfos() const {
  std::vector<TaskInfo> infos;
  if (const auto text = infoText("task_infos"); !text.empty()) {
    const std::string place = databaseFile(folder_).string() + ": task_infos";
    for (const auto& info : read<json::array_t>(parseJson(text, place), place))
      infos.push_back(readWith(info, place, taskInfoFromJson));
    return infos;
  }
  for (const auto& name : tasks()) {
    infos.emplace_back();
    infos.back().name = name;
  }
  return infos;
}

std::vector<train::StepRecord> RunReader::steps(std::int64_t after, std::int64_t last) const {
  const Transaction oneMoment(*database_, Transaction::Kind::reading);
  auto rows = database_->prepare(
      "SELECT step, epoch, examples, seconds, learning_rate FROM steps WHERE step > ? "
      "AND step <= ? ORDER BY step");
  const auto ofSteps = [&](const char* table, const char* order = "") {
    return Companion(*database_, table, "step", order, after);
  };
  auto tasks = ofSteps("task_steps", ", task"), terms = ofSteps("terms", ", place"),
       conflicts = ofSteps("conflicts"), points = ofSteps("points"),
       layers = ofSteps("layer_conflicts", ", place"), affinities = ofSteps("affinities"),
       observations = ofSteps("observations", ", rowid"),
       preferences = ofSteps("preferences", ", sample, task");
  std::vector<train::StepRecord> records;
  rows.start(after, last);
  while (rows.next()) {
    train::StepRecord record;
    record.step = rows.integer(0);
    record.epoch = rows.number(1);
    record.examples = rows.integer(2);
    record.seconds = rows.number(3);
    record.learningRate = rows.number(4);
    tasks.rowsOf(record.step, [&](const Statement& row) {
      if (taskAt(*database_, row, 1) != record.losses.size())
        database_->failDamaged(fmt::format("step {} has a row of task {} after {} others",
                                           record.step, row.integer(1), record.losses.size()));
      record.losses.push_back(row.number(2));
      record.weights.push_back(row.number(3));
    });
    terms.rowsOf(record.step, [&](const Statement& row) {
      record.terms.push_back({ownerAt(*database_, row, 1), row.text(3), row.number(4)});
    });
    conflicts.rowsOf(record.step,
                     [&](const Statement& row) { record.conflict = conflictOf(*database_, row); });
    layers.rowsOf(record.step, [&](const Statement& row) {
      if (auto& whole = record.conflict)
        whole->layers.push_back(layerOf(*database_, row, whole->norms.size()));
    });
    affinities.rowsOf(record.step,
                      [&](const Statement& row) { record.affinity = affinityOf(*database_, row); });
    observations.rowsOf(record.step, [&](const Statement& row) {
      record.observations.push_back(observationOf(*database_, row));
    });
    preferences.rowsOf(record.step, [&](const Statement& row) {
      addPreference(*database_, row, record.preferences);
    });
    points.rowsOf(record.step, [&](const Statement& row) { record.point = row.numbers(1); });
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<train::EvaluationRecord> RunReader::evaluations(std::int64_t after) const {
  return readEvaluations(*database_, fmt::format("WHERE id > {}", after), true, after);
}

std::vector<train::EvaluationRecord> RunReader::newestEvaluations() const {
  return readEvaluations(*database_, "WHERE id IN (SELECT max(id) FROM evaluations GROUP BY split)",
                         false);
}

std::vector<train::EventRecord> RunReader::events(std::int64_t after) const {
  auto rows = database_->prepare(
      "SELECT step, seconds, kind, text, detail FROM events WHERE id > ? ORDER BY id");
  std::vector<train::EventRecord> records;
  rows.start(after);
  while (rows.next())
    records.push_back({rows.integer(0), rows.number(1), rows.text(2), rows.text(3),
                       parseJson(rows.text(4), databaseFile(folder_).string() + ": events")});
  return records;
}

Position RunReader::position() const {
  return positionIn(*database_);
}

void RunReader::inOneMoment(const std::function<void()>& work) const {
  const Transaction oneMoment(*database_, Transaction::Kind::reading);
  work();
}

std::vector<CheckpointInfo> RunReader::checkpoints() const {
  return checkpointsIn(folder_);
}

}  // namespace eq::run
