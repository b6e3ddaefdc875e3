#include "core/run/exchange/csv_export.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/base/text_table.h"
#include "core/run/series_export.h"

namespace eq::run {
namespace {

/// What was measured at a step, by series.
using CsvRow = std::map<std::string, double>;

/// Numbers alone; one that is not finite stands there as such.
void takeNumbers(const nlohmann::json& cells, CsvRow& row) {
  for (const auto& [name, value] : cells.items()) {
    if (value.is_number()) row[name] = value.get<double>();
    if (value.is_null()) row[name] = std::numeric_limits<double>::quiet_NaN();
  }
}

std::map<std::int64_t, CsvRow> csvRowsOf(const RunReader& run) {
  const auto tasks = run.tasks();
  std::map<std::int64_t, CsvRow> rows;
  std::set<std::int64_t> timed;
  for (const auto& record : run.steps()) {
    timed.insert(record.step);
    takeNumbers(rowOf(record, tasks), rows[record.step]);
  }
  for (const auto& record : run.evaluations()) {
    auto cells = rowOf(record, tasks);
    if (timed.contains(record.step))  // the step has its own
      for (const char* clock : {"epoch", "seconds"}) cells.erase(clock);
    takeNumbers(cells, rows[record.step]);
  }
  for (auto& [step, row] : rows) row.erase("step");
  return rows;
}

/// As both programs spell it.
std::string spelled(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return numberText(value);
}

}  // namespace

std::string seriesAsWandbCsv(const RunReader& run) {
  const auto rows = csvRowsOf(run);
  const double created = run.info().created;
  std::set<std::string> names;
  for (const auto& [step, row] : rows)
    for (const auto& [name, value] : row) names.insert(name);
  names.erase("seconds");  // _runtime
  std::string csv = "_step,_runtime,_timestamp";
  for (const auto& name : names) csv += ',' + csvField(name);
  for (const auto& [step, row] : rows) {
    const auto seconds = row.find("seconds");
    const double runtime = seconds == row.end() ? 0 : seconds->second;
    csv += fmt::format("\n{},{},{}", step, spelled(runtime), spelled(created + runtime));
    for (const auto& name : names) {
      const auto value = row.find(name);
      csv += ',' + (value == row.end() ? std::string() : spelled(value->second));
    }
  }
  return csv + '\n';
}

std::string seriesAsAimCsv(const RunReader& run) {
  const auto info = run.info();
  const auto hash = csvField(info.id.empty() ? info.folder.filename().string() : info.id);
  const auto name = csvField(info.shown());
  std::string csv = "run.hash,run.name,metric.name,context,step,value\n";
  for (const auto& [step, row] : csvRowsOf(run))
    for (const auto& [series, value] : row)
      csv +=
          fmt::format("{},{},{},{{}},{},{}\n", hash, name, csvField(series), step, spelled(value));
  return csv;
}

}  // namespace eq::run
