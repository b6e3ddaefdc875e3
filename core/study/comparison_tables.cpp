#include "core/study/comparison_tables.h"

#include <algorithm>
#include <set>

#include "core/run/run_values.h"
#include "core/study/comparison_parts.h"
#include "core/study/comparison_text.h"

namespace eq::study {
namespace {

using Cells = std::vector<TextTable::Cell>;

std::set<std::string> tasksWithDrops(const Comparison& comparison) {
  std::set<std::string> tasks;
  for (const auto& group : comparison.groups)
    for (const auto& [task, drop] : group.taskDrops) tasks.insert(task);
  return tasks;
}

std::set<std::pair<std::string, std::string>> metricsIn(const Comparison& comparison) {
  std::set<std::pair<std::string, std::string>> metrics;
  for (const auto& group : comparison.groups)
    for (const auto& [task, ofTask] : group.metrics)
      for (const auto& [metric, one] : ofTask) metrics.emplace(task, metric);
  return metrics;
}

Cells metricRow(const GroupMetric& metric, const std::string& task, const std::string& name,
                const std::string& letter, const std::string& better) {
  const auto there = std::count_if(metric.values.begin(), metric.values.end(),
                                   [](const auto& value) { return value.has_value(); });
  const auto& summary = metric.summary;
  return {{task},
          {name},
          {better},
          {letter},
          numberCell(summary.mean),
          numberCell(summary.low),
          numberCell(summary.high),
          numberCell(summary.median),
          numberCell(summary.deviation),
          countCell(there)};
}

}  // namespace

TextTable groupTable(const Comparison& comparison) {
  const auto tasks = tasksWithDrops(comparison);
  TextTable table{
      "Groups", {{"group"}, {"fields"}, {"n", true}, {"seeds"}, {"delta_m %", true}}, {}};
  for (const auto& task : tasks) table.columns.push_back({"delta_m % " + task, true});
  table.columns.push_back({"mean rank", true});
  for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
    const auto& group = comparison.groups[i];
    Cells row{{groupLetter(i)},
              {fieldsInWords(group)},
              countCell(static_cast<long long>(group.runs.size())),
              {seedsInWords(group)},
              numberCell(group.drop)};
    for (const auto& task : tasks) {
      const auto found = group.taskDrops.find(task);
      row.push_back(numberCell(found == group.taskDrops.end() ? std::nullopt : found->second));
    }
    row.push_back(numberCell(group.meanRank));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable metricTable(const Comparison& comparison, const ValueChoice& choice) {
  TextTable table{"Metrics: " + inWords(choice),
                  {{"task"},
                   {"metric"},
                   {"better"},
                   {"group"},
                   {"mean", true},
                   {"95 % low", true},
                   {"95 % high", true},
                   {"median", true},
                   {"std", true},
                   {"n", true}},
                  {}};
  for (const auto& [task, metric] : metricsIn(comparison))
    for (std::size_t i = 0; i < comparison.groups.size(); ++i)
      if (const auto* found = metricOf(comparison.groups[i], task, metric))
        table.rows.push_back(metricRow(*found, task, metric, groupLetter(i),
                                       comparison.whichIsBetter(task, metric)));
  return table;
}

TextTable testTable(const Comparison& comparison) {
  TextTable table{"Tests in pairs of equal seed, two-sided",
                  {{"task"},
                   {"metric"},
                   {"group"},
                   {"baseline"},
                   {"n", true},
                   {"difference", true},
                   {"Wilcoxon p", true},
                   {"Wilcoxon p, Holm", true},
                   {"t p", true},
                   {"t p, Holm", true},
                   {"note"}},
                  {}};
  for (const auto& test : comparison.tests)
    table.rows.push_back({{test.task},
                          {test.metric},
                          {groupLetter(test.group)},
                          {groupLetter(test.baseline)},
                          countCell(static_cast<long long>(test.pairs)),
                          numberCell(test.difference),
                          numberCell(test.wilcoxon),
                          numberCell(test.wilcoxonHolm),
                          numberCell(test.t),
                          numberCell(test.tHolm),
                          {test.note}});
  return table;
}

}  // namespace eq::study
