#include "core/run/series_export.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/base/text_table.h"
#include "core/train/front/front_volume.h"
#include "core/train/series_name.h"

namespace eq::run {
namespace {

using nlohmann::json;
using train::seriesName;

using Cells = std::vector<std::pair<std::string, json>>;

void addConflict(const train::ConflictRecord& conflict, const std::vector<std::string>& tasks,
                 Cells& cells) {
  const size_t count = conflict.norms.size();
  for (size_t k = 0; k < count; ++k)
    cells.emplace_back(seriesName({"norm", tasks.at(k)}), conflict.norms[k]);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = i + 1; j < count; ++j)
      cells.emplace_back(seriesName({"cosine", tasks[i], tasks[j]}),
                         conflict.cosines.at(i * count + j));
  for (const auto& layer : conflict.layers) {
    size_t pair = 0;
    for (size_t i = 0; i < count; ++i)
      for (size_t j = i + 1; j < count; ++j)
        cells.emplace_back(seriesName({"layer_cosine", layer.name, tasks[i], tasks[j]}),
                           layer.cosines.at(pair++));
  }
  cells.emplace_back("condition_number", conflict.conditionNumber);
  cells.emplace_back("sum_norm", conflict.sumNorm);
  cells.emplace_back("update_norm", conflict.updateNorm);
  cells.emplace_back("source", toText(conflict.source));
}

void addAffinity(const train::AffinityRecord& record, const std::vector<std::string>& tasks,
                 Cells& cells) {
  const auto found = train::affinities(record);
  const size_t count = record.before.size();
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < count; ++j)
      cells.emplace_back(seriesName({"affinity", tasks.at(i), tasks.at(j)}), found[i * count + j]);
}

/// Numbers of a shape, from its dimension `from` on, as nested lists.
json nestedFrom(const train::ObservationRecord& observed, size_t from, const double*& next) {
  if (from == observed.shape.size()) return *next++;
  auto list = json::array();
  for (std::int64_t i = 0; i < observed.shape[from]; ++i)
    list.push_back(nestedFrom(observed, from + 1, next));
  return list;
}

/// A cell a number. \param name of what was observed, with the indices before dimension `from`.
void addNumbers(const train::ObservationRecord& observed, size_t from, const std::string& name,
                const double*& next, Cells& cells) {
  if (from == observed.shape.size()) {
    cells.emplace_back(name, *next++);
    return;
  }
  for (std::int64_t i = 0; i < observed.shape[from]; ++i)
    addNumbers(observed, from + 1, fmt::format("{}.{}", name, i), next, cells);
}

/// Whether a cell holds lists.
enum class Nesting { lists, flat };

void addObserved(const train::StepRecord& record, const std::vector<std::string>& tasks,
                 Nesting nesting, Cells& cells) {
  for (const auto& observed : record.observations) {
    const auto name = observationName(observed, tasks);
    const auto* next = observed.values.data();
    if (nesting == Nesting::flat)
      addNumbers(observed, 0, name, next, cells);
    else
      cells.emplace_back(name, nestedFrom(observed, 0, next));
  }
}

Cells cellsOf(const train::StepRecord& record, const std::vector<std::string>& tasks,
              Nesting nesting) {
  Cells cells{{"step", record.step},
              {"epoch", record.epoch},
              {"examples", record.examples},
              {"seconds", record.seconds},
              {"learning_rate", record.learningRate}};
  for (size_t k = 0; k < record.losses.size(); ++k)
    cells.emplace_back(seriesName({"loss", tasks.at(k)}), record.losses[k]);
  for (const auto& term : record.terms)
    cells.emplace_back(train::termName(term.name, term.task, tasks), term.value);
  for (size_t k = 0; k < record.weights.size(); ++k)
    cells.emplace_back(seriesName({"weight", tasks.at(k)}), record.weights[k]);
  if (record.conflict) addConflict(*record.conflict, tasks, cells);
  if (record.affinity) addAffinity(*record.affinity, tasks, cells);
  for (size_t i = 0; i < record.point.size(); ++i)
    cells.emplace_back(fmt::format("point.{}", i), record.point[i]);
  addObserved(record, tasks, nesting, cells);
  return cells;
}

Cells cellsOf(const train::EvaluationRecord& record, const std::vector<std::string>& tasks) {
  Cells cells{{"step", record.step}, {"epoch", record.epoch}, {"seconds", record.seconds}};
  for (size_t k = 0; k < record.tasks.size(); ++k)
    for (const auto& [metric, value] : record.tasks[k])
      cells.emplace_back(seriesName({toText(record.split), tasks.at(k), metric}), value);
  return cells;
}

/// Of evaluations with a front.
void addVolume(const train::EvaluationRecord& record, const std::vector<std::string>& tasks,
               train::FrontVolume& volume, Cells& cells) {
  const auto found = volume.add(record);
  if (!found) return;
  cells.emplace_back("front.hypervolume", *found);
  for (size_t k = 0; k < volume.reference().size(); ++k)
    cells.emplace_back(seriesName({"front", "reference", tasks.at(k)}), volume.reference()[k]);
}

json confusionOf(const metric::ClassReport& report) {
  json rows = json::array();
  for (std::int64_t target = 0; target < report.classes; ++target) {
    const auto begin = report.confusion.begin() + target * report.classes;
    rows.push_back(std::vector<double>(begin, begin + report.classes));
  }
  return rows;
}

json reliabilityOf(const metric::ClassReport& report) {
  json lists{{"count", json::array()}, {"confidence", json::array()}, {"accuracy", json::array()}};
  for (const auto& bin : report.bins) {
    lists["count"].push_back(bin.count);
    lists["confidence"].push_back(bin.meanConfidence());
    lists["accuracy"].push_back(bin.accuracy());
  }
  return lists;
}

void addReports(const train::EvaluationRecord& record, const std::vector<std::string>& tasks,
                Cells& cells) {
  for (const auto& [task, report] : record.reports) {
    const auto nameOf = [&](const std::string& part) {
      return seriesName({toText(record.split), tasks.at(task), part});
    };
    if (!report.confusion.empty()) cells.emplace_back(nameOf("confusion"), confusionOf(report));
    cells.emplace_back(nameOf("reliability"), reliabilityOf(report));
  }
}

json objectOf(const Cells& cells) {
  auto object = json::object();
  for (const auto& [column, value] : cells) object[column] = value;
  return object;
}

/// The rows of a run by step. The columns stand in the order in which they were first met; a cell
/// that is null was not measured.
class Table {
 public:
  void add(std::int64_t step, Cells cells) {
    auto& row = rows_[step];
    for (auto& [column, value] : cells) {
      const auto [place, isNew] = places_.try_emplace(column, columns_.size());
      if (isNew) columns_.push_back(column);
      if (row.size() <= place->second) row.resize(columns_.size());
      row[place->second] = std::move(value);
    }
  }

  const std::vector<std::string>& columns() const { return columns_; }
  const std::map<std::int64_t, std::vector<json>>& rows() const { return rows_; }

 private:
  std::map<std::int64_t, std::vector<json>> rows_;
  std::map<std::string, size_t> places_;
  std::vector<std::string> columns_;
};

/// \param nesting lists: also those of the evaluations' reports.
Table tableOf(const RunReader& run, Nesting nesting) {
  const auto tasks = run.tasks();
  Table table;
  std::set<std::int64_t> timed;
  for (const auto& record : run.steps()) {
    timed.insert(record.step);
    table.add(record.step, cellsOf(record, tasks, nesting));
  }
  train::FrontVolume volume;
  for (const auto& record : run.evaluations()) {
    Cells cells = cellsOf(record, tasks);
    addVolume(record, tasks, volume, cells);
    if (nesting == Nesting::lists) addReports(record, tasks, cells);
    if (timed.contains(record.step))  // the step has its own
      cells.erase(cells.begin(), cells.begin() + 3);
    table.add(record.step, std::move(cells));
  }
  return table;
}

std::string cellText(const json& value) {
  if (value.is_number_float()) return numberText(value.get<double>());
  return value.is_string() ? csvField(value.get<std::string>()) : value.dump();
}

}  // namespace

std::string seriesAsCsv(const RunReader& run) {
  const Table table = tableOf(run, Nesting::flat);
  if (table.columns().empty()) return "step\n";
  std::string csv;
  for (const auto& column : table.columns()) csv += csvField(column) + ',';
  csv.back() = '\n';
  for (const auto& [step, row] : table.rows()) {
    for (size_t i = 0; i < table.columns().size(); ++i) {
      if (i < row.size() && !row[i].is_null()) csv += cellText(row[i]);
      csv += ',';
    }
    csv.back() = '\n';
  }
  return csv;
}

std::string seriesAsJson(const RunReader& run) {
  const Table table = tableOf(run, Nesting::lists);
  std::string text = "[";
  for (const auto& [step, row] : table.rows()) {
    json object = json::object();
    for (size_t i = 0; i < row.size(); ++i)
      if (!row[i].is_null()) object[table.columns()[i]] = row[i];
    text += (text.size() > 1 ? ",\n" : "\n") + object.dump();
  }
  return text + "\n]\n";
}

json rowOf(const train::StepRecord& record, const std::vector<std::string>& tasks) {
  return objectOf(cellsOf(record, tasks, Nesting::lists));
}

json rowOf(const train::EvaluationRecord& record, const std::vector<std::string>& tasks) {
  Cells cells = cellsOf(record, tasks);
  addReports(record, tasks, cells);
  cells.emplace_back("split", toText(record.split));
  return objectOf(cells);
}

json commandsAsJson(const RunReader& run) {
  json list = json::array();
  for (const auto& event : run.events())
    if ((event.kind == "command" || event.kind == "note") && event.detail.contains("kind"))
      list.push_back({{"step", event.step}, {"command", event.detail}});
  return list;
}

}  // namespace eq::run
