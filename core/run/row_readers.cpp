#include "core/run/row_readers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/run/database.h"
#include "core/run/json_numbers.h"

namespace eq::run {
namespace {

constexpr std::int64_t kMostTasks = 4096;  // a damaged file may name any
constexpr size_t kMostDimensions = 8;      // likewise, of an observation

/// Of a row of fronts.
std::map<std::string, double> metricsOf(const Database& database, const std::string& text) {
  auto value = nlohmann::json::parse(text, nullptr, false);
  std::map<std::string, double> metrics;
  if (!value.is_discarded()) value = withTextAsNumbers(std::move(value));
  if (!value.is_object()) database.failDamaged("fronts has metrics that are no object: " + text);
  for (const auto& [name, number] : value.items()) {
    if (!number.is_number())
      database.failDamaged(fmt::format("fronts has {} where {} is a number", number.dump(), name));
    metrics[name] = number.get<double>();
  }
  return metrics;
}

}  // namespace

size_t taskAt(const Database& database, const Statement& row, int column) {
  const auto task = row.integer(column);
  if (task < 0 || task >= kMostTasks)
    database.failDamaged(fmt::format("a row is of task {}", task));
  return static_cast<size_t>(task);
}

std::int64_t ownerAt(const Database& database, const Statement& row, int column) {
  if (row.isNull(column) || row.integer(column) == -1) return -1;
  return static_cast<std::int64_t>(taskAt(database, row, column));
}

train::ConflictRecord conflictOf(const Database& database, const Statement& row) {
  train::ConflictRecord conflict;
  const auto* source =
      std::find_if(std::begin(train::kGradientSources), std::end(train::kGradientSources),
                   [&](train::GradientSource one) { return toText(one) == row.text(1); });
  if (source == std::end(train::kGradientSources))
    database.failDamaged(fmt::format("conflicts has the source \"{}\"", row.text(1)));
  conflict.source = *source;
  conflict.conditionNumber = row.number(2);
  conflict.sumNorm = row.number(3);
  conflict.updateNorm = row.number(4);
  conflict.norms = row.numbers(5);
  conflict.cosines = row.numbers(6);
  if (conflict.cosines.size() != conflict.norms.size() * conflict.norms.size())
    database.failDamaged(fmt::format("conflicts has {} cosines of {} norms",
                                     conflict.cosines.size(), conflict.norms.size()));
  return conflict;
}

train::LayerConflict layerOf(const Database& database, const Statement& row, size_t tasks) {
  train::LayerConflict layer{row.text(2), row.numbers(3), row.numbers(4)};
  const auto norms = layer.norms.size(), cosines = layer.cosines.size();
  if (norms != tasks || 2 * cosines + tasks != tasks * tasks)
    database.failDamaged(
        fmt::format("layer_conflicts has {} cosines of {} norms where conflicts has {} norms",
                    cosines, norms, tasks));
  return layer;
}

train::AffinityRecord affinityOf(const Database& database, const Statement& row) {
  train::AffinityRecord affinity{row.numbers(1), row.numbers(2)};
  const auto tasks = affinity.before.size(), cells = affinity.after.size();
  if (cells != tasks * tasks)
    database.failDamaged(
        fmt::format("affinities has {} losses after the steps of {} tasks", cells, tasks));
  return affinity;
}

train::ObservationRecord observationOf(const Database& database, const Statement& row) {
  train::ObservationRecord found{
      row.text(1), ownerAt(database, row, 2), row.text(3), {}, row.numbers(5)};
  const auto room = static_cast<double>(found.values.size());
  const auto sizes = row.numbers(4);
  double numbers = sizes.size() <= kMostDimensions ? 1 : std::nan("");
  for (const double size : sizes) {
    const bool isSize = size >= 0 && size <= room && size == std::floor(size);
    found.shape.push_back(isSize ? static_cast<std::int64_t>(size) : 0);
    numbers *= isSize ? size : std::nan("");
  }
  if (numbers != room)
    database.failDamaged(
        fmt::format("observations has {} numbers of {} that do not fit their shape",
                    found.values.size(), found.name));
  return found;
}

void addPreference(const Database& database, const Statement& row,
                   std::vector<train::PreferenceRecord>& preferences) {
  const auto sample = row.integer(1);
  if (preferences.empty() || preferences.back().sample != sample)
    preferences.push_back({sample, {}});
  auto& values = preferences.back().values;
  if (taskAt(database, row, 2) != values.size())
    database.failDamaged(fmt::format("preferences has a row of task {} after {} others",
                                     row.integer(2), values.size()));
  values.push_back(row.number(3));
}

void addFrontRow(const Database& database, const Statement& row,
                 std::vector<train::FrontPoint>& front) {
  const auto point = row.integer(1);
  if (point == std::ssize(front)) front.emplace_back();
  const auto task = taskAt(database, row, 2);
  if (point + 1 != std::ssize(front) || task != front.back().tasks.size())
    database.failDamaged(fmt::format("fronts has a row of point {} and task {} after {} points",
                                     point, task, front.size()));
  front.back().preference.push_back(row.number(3));
  front.back().tasks.push_back(metricsOf(database, row.text(5)));
  front.back().tasks.back()["loss"] = row.number(4);
}

metric::ClassReport reportOf(const Database& database, const Statement& row) {
  const auto bins = row.numbers(4);
  const auto stride = bins.size() / 3;
  metric::ClassReport report{row.integer(2), row.numbers(3), {}};
  const auto cells = report.confusion.size();
  const bool fits =
      report.classes >= 0 && bins.size() % 3 == 0 &&
      (cells == 0 || (report.classes <= static_cast<std::int64_t>(cells) &&
                      report.classes * report.classes == static_cast<std::int64_t>(cells)));
  if (!fits)
    database.failDamaged(
        fmt::format("class_reports has {} cells and {} numbers of bins for {} "
                    "classes",
                    cells, bins.size(), report.classes));
  for (size_t b = 0; b < stride; ++b)
    report.bins.push_back({bins[b], bins[stride + b], bins[2 * stride + b]});
  return report;
}

}  // namespace eq::run
