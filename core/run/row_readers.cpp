#include "core/run/row_readers.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "core/run/database.h"

namespace eq::run {
namespace {

constexpr std::int64_t kMostTasks = 4096;  // a damaged file may name any
constexpr size_t kMostDimensions = 8;      // likewise, of an observation

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
