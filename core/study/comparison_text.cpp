#include "core/study/comparison_text.h"

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/run/run_values.h"

namespace eq::study {
namespace {

using nlohmann::json;

constexpr int kDigits = 5;

json orNull(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? json(*value) : json();
}

json summaryAsJson(const GroupMetric& metric) {
  json values = json::array();
  for (const auto& value : metric.values) values.push_back(orNull(value));
  const auto& summary = metric.summary;
  return {{"values", values},
          {"mean", orNull(summary.mean)},
          {"median", orNull(summary.median)},
          {"std", orNull(summary.deviation)},
          {"low", orNull(summary.low)},
          {"high", orNull(summary.high)}};
}

json groupAsJson(const Group& group) {
  json runs = json::array(), metrics = json::object(), drops = json::object();
  for (const auto* run : group.runs) runs.push_back(run->folder.string());
  for (const auto& [task, ofTask] : group.metrics)
    for (const auto& [metric, one] : ofTask) metrics[task][metric] = summaryAsJson(one);
  for (const auto& [task, drop] : group.taskDrops) drops[task] = orNull(drop);
  return {{"fields", group.fields},
          {"n", group.runs.size()},
          {"runs", runs},
          {"metrics", metrics},
          {"delta_m", orNull(group.drop)},
          {"delta_m_tasks", drops},
          {"mean_rank", orNull(group.meanRank)}};
}

json testAsJson(const PairedTest& test, const std::vector<Group>& groups) {
  json out{{"task", test.task},
           {"metric", test.metric},
           {"group", groups[test.group].fields},
           {"baseline", groups[test.baseline].fields},
           {"n", test.pairs},
           {"difference", orNull(test.difference)},
           {"wilcoxon_p", orNull(test.wilcoxon)},
           {"t_p", orNull(test.t)},
           {"wilcoxon_p_holm", orNull(test.wilcoxonHolm)},
           {"t_p_holm", orNull(test.tHolm)}};
  if (!test.note.empty()) out["note"] = test.note;
  return out;
}

std::string shown(const std::optional<double>& value) {
  return value ? numberText(*value, kDigits) : "-";
}

std::string groupLine(const Group& group, std::size_t place) {
  std::string line = fmt::format("{:<3} {}\n    n {}, seeds {}", groupLetter(place),
                                 fieldsInWords(group), group.runs.size(), seedsInWords(group));
  if (group.drop) line += fmt::format(", delta_m {} %", shown(group.drop));
  if (group.meanRank) line += fmt::format(", mean rank {}", shown(group.meanRank));
  return line + '\n';
}

std::string metricLine(const Summary& summary, const std::string& letter, std::size_t count) {
  return fmt::format("  {:<3} {:<11} {:<11} {:<11} {:<11} {:<11} {}\n", letter, shown(summary.mean),
                     shown(summary.low), shown(summary.high), shown(summary.median),
                     shown(summary.deviation), count);
}

std::size_t countOf(const GroupMetric& metric) {
  std::size_t count = 0;
  for (const auto& value : metric.values) count += value.has_value();
  return count;
}

std::string metricLines(const Comparison& comparison, const std::string& task,
                        const std::string& metric) {
  const auto& groups = comparison.groups;
  std::string table = fmt::format("\n{} {} ({})\n  {:<3} {:<11} {:<11} {:<11} {:<11} {:<11} {}\n",
                                  task, metric, comparison.whichIsBetter(task, metric), "", "mean",
                                  "95 % low", "95 % high", "median", "std", "n");
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (const auto ofTask = groups[i].metrics.find(task); ofTask != groups[i].metrics.end())
      if (const auto found = ofTask->second.find(metric); found != ofTask->second.end())
        table += metricLine(found->second.summary, groupLetter(i), countOf(found->second));
  return table;
}

std::string testLine(const PairedTest& test) {
  const auto what = fmt::format("  {:<28} {:<3} - {:<3} {:<12} n {:<4}",
                                test.task + " " + test.metric, groupLetter(test.group),
                                groupLetter(test.baseline), shown(test.difference), test.pairs);
  if (!test.wilcoxon) return what + test.note + '\n';
  return what + fmt::format("Wilcoxon p {:<9} ({})  t p {:<9} ({}){}\n", shown(test.wilcoxon),
                            shown(test.wilcoxonHolm), shown(test.t), shown(test.tHolm),
                            test.note.empty() ? "" : "  " + test.note);
}

std::string methodText(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

json toJson(const Comparison& comparison) {
  json groups = json::array(), tests = json::array();
  for (const auto& group : comparison.groups) groups.push_back(groupAsJson(group));
  for (const auto& test : comparison.tests) tests.push_back(testAsJson(test, comparison.groups));
  return {{"groups", groups}, {"tests", tests}};
}

std::string groupLetter(std::size_t group) {
  std::string letters;
  for (std::size_t rest = group + 1; rest > 0; rest = (rest - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  return letters;
}

std::string seedsInWords(const Group& group) {
  std::string seeds;
  for (const auto* run : group.runs)
    seeds += (seeds.empty() ? "" : " ") + std::to_string(run->seed);
  return seeds;
}

std::string fieldsInWords(const Group& group) {
  std::string text;
  for (const auto& [path, value] : group.fields)
    text += (text.empty() ? "" : ", ") + path + " = " + methodText(value);
  return text.empty() ? "all runs" : text;
}

std::string comparisonTable(const Comparison& comparison, const ValueChoice& choice) {
  std::string text = fmt::format("{}; - where there is none\n\n", inWords(choice));
  std::set<std::pair<std::string, std::string>> metrics;
  for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
    text += groupLine(comparison.groups[i], i);
    for (const auto& [task, ofTask] : comparison.groups[i].metrics)
      for (const auto& [metric, one] : ofTask) metrics.emplace(task, metric);
  }
  for (const auto& [task, metric] : metrics) text += metricLines(comparison, task, metric);
  if (comparison.tests.empty()) return text;
  text += "\nPairs of equal seed; p two-sided, in brackets with Holm's correction over all tests\n";
  for (const auto& test : comparison.tests) text += testLine(test);
  return text;
}

}  // namespace eq::study
