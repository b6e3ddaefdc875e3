#include "core/train/series_name.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/expression_scanner.h"
#include "core/metric/catalog.h"
#include "core/train/records.h"

namespace eq::train {
namespace {

using SeriesParts = std::vector<std::string>;

bool isOneOf(const std::string& text, const SeriesParts& all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

void addConflictNames(const SeriesParts& tasks, SeriesParts& names) {
  for (const auto& task : tasks) names.push_back(seriesName({"norm", task}));
  for (std::size_t i = 0; i < tasks.size(); ++i)
    for (std::size_t j = i + 1; j < tasks.size(); ++j)
      names.push_back(seriesName({"cosine", tasks[i], tasks[j]}));
  for (const auto* name : {"condition_number", "sum_norm", "update_norm"}) names.push_back(name);
}

}  // namespace

std::string seriesName(const SeriesParts& parts) {
  std::string name;
  for (const auto& part : parts) {
    const bool isIdentifier = !part.empty() && nameLength(part) == part.size();
    if (!isIdentifier)
      name += '[' +
              nlohmann::json(part).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
              ']';
    else
      name += (name.empty() ? "" : ".") + part;
  }
  return name;
}

std::string observationName(const ObservationRecord& observed, const SeriesParts& tasks) {
  SeriesParts parts{observed.name};
  if (observed.task >= 0) parts.push_back(tasks.at(static_cast<size_t>(observed.task)));
  const auto name = seriesName(parts);
  return observed.place.empty() ? name : name + "." + observed.place;
}

std::string termName(const std::string& term, std::int64_t task, const SeriesParts& tasks) {
  if (task < 0) return "term.." + term;
  return seriesName({"term", tasks.at(static_cast<size_t>(task)), term});
}

SeriesKind seriesKind(const SeriesParts& parts) {
  if (parts.empty()) return SeriesKind::none;
  const auto& first = parts[0];
  const auto is = [&](std::size_t count, const SeriesParts& names) {
    return parts.size() == count && isOneOf(first, names);
  };
  if (is(1, {"step", "epoch", "examples", "seconds"})) return SeriesKind::clock;
  if (is(1, {"learning_rate"}) || is(2, {"loss", "weight", "point"}) || is(3, {"term"}))
    return SeriesKind::step;
  if (is(1, {"condition_number", "sum_norm", "update_norm"}) || is(2, {"norm"}) ||
      is(3, {"cosine"}))
    return SeriesKind::sampled;
  return is(3, {"train", "validation", "test"}) ? SeriesKind::evaluation : SeriesKind::none;
}

bool isHigherBetter(const SeriesParts& parts) {
  if (seriesKind(parts) != SeriesKind::evaluation) return false;
  for (const auto* descriptor : metric::catalog().descriptors())
    if (descriptor->id == parts[2]) return descriptor->traits.value("direction", "min") == "max";
  return false;
}

bool isLossOf(const SeriesParts& parts, const std::string& task) {
  if (parts.size() == 2) return parts[0] == "loss" && parts[1] == task;
  return seriesKind(parts) == SeriesKind::evaluation && parts[1] == task && parts[2] == "loss";
}

SeriesParts seriesNames(const SeriesSource& source) {
  SeriesParts names{"step", "epoch", "examples", "seconds", "learning_rate"};
  for (const auto* kind : {"loss", "weight"})
    for (const auto& task : source.tasks) names.push_back(seriesName({kind, task}));
  addConflictNames(source.tasks, names);
  for (const auto* split : {"train", "validation", "test"})
    for (std::size_t k = 0; k < source.tasks.size(); ++k) {
      names.push_back(seriesName({split, source.tasks[k], "loss"}));
      if (k >= source.metrics.size()) continue;
      for (const auto& metric : source.metrics[k])
        if (metric != "loss") names.push_back(seriesName({split, source.tasks[k], metric}));
    }
  return names;
}

}  // namespace eq::train
