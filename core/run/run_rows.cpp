#include "core/run/run_rows.h"

#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "core/run/database.h"
#include "core/run/json_numbers.h"

namespace eq::run {
namespace {

using nlohmann::json;

/// Also run on a folder of an earlier version, which then has all tables.
constexpr const char* kRunSchema = R"(
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
  CREATE TABLE IF NOT EXISTS layer_conflicts (
    step INTEGER, place INTEGER, layer TEXT, norms BLOB, cosines BLOB, PRIMARY KEY (step, place));
  CREATE TABLE IF NOT EXISTS affinities (step INTEGER PRIMARY KEY, losses BLOB, after BLOB);
  CREATE TABLE IF NOT EXISTS observations (
    step INTEGER, name TEXT, task INTEGER, place TEXT, shape BLOB, "values" BLOB,
    PRIMARY KEY (step, name, task, place));
  CREATE TABLE IF NOT EXISTS preferences (
    step INTEGER, sample INTEGER, task INTEGER, value REAL, PRIMARY KEY (step, sample, task))
    WITHOUT ROWID;
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
  CREATE TABLE IF NOT EXISTS fronts (
    evaluation INTEGER, point INTEGER, task INTEGER, preference REAL, loss REAL, metrics TEXT,
    PRIMARY KEY (evaluation, point, task)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS homes (id INTEGER PRIMARY KEY, folder TEXT UNIQUE);
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, step INTEGER, seconds REAL, kind TEXT, text TEXT, detail TEXT);
)";

/// Tables with rows of steps.
constexpr std::array kStepTables{"steps",        "task_steps",      "terms",
                                 "conflicts",    "layer_conflicts", "affinities",
                                 "observations", "preferences",     "points"};
/// Tables with rows of evaluations.
constexpr std::array kEvaluationTables{"evaluation_values", "class_reports", "intervals", "fronts"};

void addObservations(Database& database, const std::vector<train::StepRecord>& steps) {
  auto row = database.prepare("INSERT INTO observations VALUES (?, ?, ?, ?, ?, ?)");
  for (const auto& record : steps)
    for (const auto& found : record.observations) {
      const auto task = found.task < 0 ? std::nullopt : std::optional(found.task);
      row.run(record.step, found.name, task, found.place,
              std::vector<double>(found.shape.begin(), found.shape.end()), found.values);
    }
}

void addPreferences(Database& database, const std::vector<train::StepRecord>& steps) {
  auto row = database.prepare("INSERT INTO preferences VALUES (?, ?, ?, ?)");
  for (const auto& record : steps)
    for (const auto& found : record.preferences)
      for (size_t k = 0; k < found.values.size(); ++k)
        row.run(record.step, found.sample, static_cast<std::int64_t>(k), found.values[k]);
}

void addLayers(Database& database, const std::vector<train::StepRecord>& steps) {
  auto layer = database.prepare("INSERT INTO layer_conflicts VALUES (?, ?, ?, ?, ?)");
  for (const auto& record : steps)
    for (size_t i = 0; record.conflict && i < record.conflict->layers.size(); ++i) {
      const auto& found = record.conflict->layers[i];
      layer.run(record.step, static_cast<std::int64_t>(i), found.name, found.norms, found.cosines);
    }
}

void addSteps(Database& database, const std::vector<train::StepRecord>& steps) {
  auto step = database.prepare("INSERT INTO steps VALUES (?, ?, ?, ?, ?)");
  auto task = database.prepare("INSERT INTO task_steps VALUES (?, ?, ?, ?)");
  auto term = database.prepare("INSERT INTO terms VALUES (?, ?, ?, ?, ?)");
  auto conflict = database.prepare("INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?)");
  auto affinity = database.prepare("INSERT INTO affinities VALUES (?, ?, ?)");
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
      conflict.run(record.step, toText(found.source), found.conditionNumber, found.sumNorm,
                   found.updateNorm, found.norms, found.cosines);
    }
    if (const auto& found = record.affinity) affinity.run(record.step, found->before, found->after);
    if (!record.point.empty()) point.run(record.step, record.point);
  }
  addLayers(database, steps);
  addObservations(database, steps);
  addPreferences(database, steps);
}

/// Beside the loss, which has a column.
std::string metricsText(std::map<std::string, double> values) {
  values.erase("loss");
  return withNumbersAsText(values).dump(-1, ' ', false, json::error_handler_t::replace);
}

void addFronts(Database& database, std::int64_t evaluation,
               const std::vector<train::FrontPoint>& front) {
  auto row = database.prepare("INSERT INTO fronts VALUES (?, ?, ?, ?, ?, ?)");
  for (size_t i = 0; i < front.size(); ++i)
    for (size_t k = 0; k < front[i].tasks.size(); ++k)
      row.run(evaluation, static_cast<std::int64_t>(i), static_cast<std::int64_t>(k),
              front[i].preference.at(k), front[i].tasks[k].at("loss"),
              metricsText(front[i].tasks[k]));
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
    addFronts(database, id, record.front);
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

}  // namespace

const char* runSchema() {
  return kRunSchema;
}

void addRecords(Database& database, const Records& records) {
  addSteps(database, records.steps);
  addEvaluations(database, records.evaluations);
  addIntervals(database, records.intervals);
  addEvents(database, records.events);
}

void cutAfter(Database& database, std::int64_t step) {
  for (const char* table : kStepTables)
    database.prepare(fmt::format("DELETE FROM {} WHERE step > ?", table)).run(step);
  database.prepare("DELETE FROM events WHERE step > ?").run(step);
  for (const char* table : kEvaluationTables)
    database
        .prepare(fmt::format("DELETE FROM {} WHERE evaluation IN (SELECT id FROM evaluations "
                             "WHERE step > ?)",
                             table))
        .run(step);
  database.prepare("DELETE FROM evaluations WHERE step > ?").run(step);
}

void cutAfter(Database& database, std::int64_t step, const Position& position) {
  for (const char* table : kStepTables)
    database.prepare(fmt::format("DELETE FROM {} WHERE step > ?", table)).run(step);
  for (const char* table : kEvaluationTables)
    database.prepare(fmt::format("DELETE FROM {} WHERE evaluation > ?", table))
        .run(position.evaluations);
  database.prepare("DELETE FROM evaluations WHERE id > ?").run(position.evaluations);
  database.prepare("DELETE FROM events WHERE id > ? AND NOT (kind = 'checkpoint' AND step <= ?)")
      .run(position.events, step);
}

Position positionIn(Database& database) {
  auto ids =
      database.prepare("SELECT (SELECT max(id) FROM events), (SELECT max(id) FROM evaluations)");
  ids.start().next();
  return {ids.integer(0), ids.integer(1)};
}

}  // namespace eq::run
