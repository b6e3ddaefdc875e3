#include "core/study/comparison_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/metric/ordering.h"
#include "core/run/run_values.h"
#include "core/study/comparison_text.h"
#include "core/train/complete_experiment.h"

namespace eq::study {
namespace {

constexpr double kMeanRounding = 1e-12;  // relative
constexpr std::size_t kFewestPairs = 5;  // below, no p of the exact test can be under 0.05

std::optional<double> finite(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> meanThere(const std::vector<double>& values) {
  return finite(summarise(values).mean);
}

/// The values of a task's baselines in a metric.
std::optional<double> baselineValue(const std::vector<const ComparedRun*>& baselines,
                                    const std::string& task, const std::string& metric) {
  std::vector<double> values;
  for (const auto* run : baselines) {
    const auto* one = run->baselineTask();
    if (one->name != task) continue;
    const auto found = one->values.find(metric);
    if (found != one->values.end() && found->second) values.push_back(*found->second);
  }
  return meanThere(values);
}

std::optional<double> dropOf(const Group& group, const ComparedTask& task,
                             const std::vector<const ComparedRun*>& baselines) {
  const auto* metric = metricOf(group, task.name, task.firstMetric);
  const auto value = metric ? finite(metric->summary.mean) : std::nullopt;
  const auto baseline = baselineValue(baselines, task.name, task.firstMetric);
  if (!value || !baseline || *baseline == 0) return std::nullopt;
  // Means of equal values differ by their rounding.
  const bool same = std::abs(*value - *baseline) <= kMeanRounding * std::abs(*baseline);
  const double change = same ? 0 : 100 * (*value - *baseline) / *baseline;
  const auto better = run::betterOf(task.firstMetric);
  if (better == run::Better::unknown) return std::nullopt;
  return better == run::Better::higher ? -change : change;
}

void addDropsTo(Group& group, const std::vector<const ComparedRun*>& baselines) {
  std::vector<double> drops;
  bool complete = true;
  for (const auto& task : group.runs.front()->tasks) {
    if (!task.enabled) continue;
    const auto drop = dropOf(group, task, baselines);
    group.taskDrops[task.name] = drop;
    complete = complete && drop;
    if (drop) drops.push_back(*drop);
  }
  group.drop = complete ? meanThere(drops) : std::nullopt;
}

/// The fields, beside the seed, in which baselines of one task differ.
std::set<std::string> differences(const std::vector<const ComparedRun*>& runs) {
  std::vector<const nlohmann::json*> experiments;
  for (const auto* run : runs) experiments.push_back(&run->experiment);
  std::set<std::string> differing;
  for (const auto& path : train::writtenPaths(experiments))
    for (const auto* run : runs)
      if (path != "seed" && path != "name" && path != "description" &&
          run->field(path) != runs.front()->field(path))
        differing.insert(path);
  return differing;
}

std::ptrdiff_t notFinite(const GroupMetric& metric) {
  return std::count_if(metric.values.begin(), metric.values.end(),
                       [](const auto& value) { return value && !std::isfinite(*value); });
}

/// Means by seed of the runs that have a number.
std::map<std::int64_t, double> bySeed(const Group& group, const GroupMetric& metric) {
  std::map<std::int64_t, std::vector<double>> values;
  for (std::size_t i = 0; i < group.runs.size(); ++i)
    if (finite(metric.values[i])) values[group.runs[i]->seed].push_back(*metric.values[i]);
  std::map<std::int64_t, double> means;
  for (const auto& [seed, ofSeed] : values)
    if (const auto mean = meanThere(ofSeed)) means[seed] = *mean;
  return means;
}

PairedTest pairedTest(const Group& group, const GroupMetric& value, const Group& baseline,
                      const GroupMetric& other) {
  const auto ours = bySeed(group, value), theirs = bySeed(baseline, other);
  std::vector<double> differences;
  for (const auto& [seed, mean] : ours)
    if (const auto found = theirs.find(seed); found != theirs.end())
      differences.push_back(mean - found->second);
  PairedTest test;
  test.pairs = differences.size();
  const auto spoilt = notFinite(value) + notFinite(other);
  if (spoilt > 0) test.note = fmt::format("{} values that are no numbers are left out", spoilt);
  test.difference = meanThere(differences);
  if (test.pairs < kFewestPairs) {
    test.note = fmt::format("{}{} pairs of equal seed: with fewer than {} it cannot be told",
                            test.note.empty() ? "" : test.note + "; ", test.pairs, kFewestPairs);
    return test;
  }
  test.wilcoxon = wilcoxonP(differences);
  test.t = pairedTP(differences);
  return test;
}

using P = std::optional<double> PairedTest::*;
void adjust(std::vector<PairedTest>& tests, P raw, P adjusted) {
  std::vector<double> p;
  for (const auto& test : tests)
    if (test.*raw) p.push_back(*(test.*raw));
  const auto all = holm(p);
  std::size_t i = 0;
  for (auto& test : tests)
    if (test.*raw) test.*adjusted = all[i++];
}

void addNegativeBaselines(Comparison& comparison, const std::string& task,
                          const std::vector<const ComparedRun*>& runs) {
  const auto& metric = runs.front()->baselineTask()->firstMetric;
  const auto value = baselineValue(runs, task, metric);
  if (value && *value < 0)
    comparison.remarks.push_back(
        fmt::format("the single-task baseline of {} is {} {}, below 0: the sign of its delta_m is "
                    "turned round",
                    task, metric, numberText(*value, 4)));
}

bool hasAny(const GroupMetric& metric) {
  return std::any_of(metric.values.begin(), metric.values.end(),
                     [](const auto& value) { return value.has_value(); });
}

/// The lower the better; what is no number is the worst.
double rankedBy(const GroupMetric& metric, const std::string& name) {
  const auto mean = finite(metric.summary.mean);
  if (!mean) return std::numeric_limits<double>::max();  // infinity would tie with everything
  return run::isHigherBetter(name) ? -*mean : *mean;
}

bool counts(const std::string& task, const std::string& metric,
            const std::set<std::string>& losses) {
  return metric != "loss" || losses.contains(task);
}

}  // namespace

bool Comparison::isComparable(const std::string& task, const std::string& metric) const {
  return counts(task, metric, equalLosses) && run::betterOf(metric) != run::Better::unknown;
}

std::string Comparison::whichIsBetter(const std::string& task, const std::string& metric) const {
  if (!counts(task, metric, equalLosses)) return "not comparable: the groups' losses differ";
  return run::inWords(run::betterOf(metric));
}

const GroupMetric* metricOf(const Group& group, const std::string& task,
                            const std::string& metric) {
  const auto ofTask = group.metrics.find(task);
  if (ofTask == group.metrics.end()) return nullptr;
  const auto found = ofTask->second.find(metric);
  return found == ofTask->second.end() ? nullptr : &found->second;
}

std::set<std::string> tasksOfEqualLoss(const std::vector<const ComparedRun*>& runs) {
  std::map<std::string, std::set<std::string>> losses;
  for (const auto* run : runs)
    for (const auto& task : run->tasks)
      if (task.enabled) losses[task.name].insert(task.loss.dump());
  std::set<std::string> equal;
  for (const auto& [task, ofTask] : losses)
    if (ofTask.size() == 1) equal.insert(task);
  return equal;
}

void addDrops(Comparison& comparison, const std::vector<const ComparedRun*>& baselines) {
  for (auto& group : comparison.groups) addDropsTo(group, baselines);
  std::map<std::string, std::vector<const ComparedRun*>> byTask;
  for (const auto* run : baselines) byTask[run->baselineTask()->name].push_back(run);
  for (const auto& [task, runs] : byTask) {
    addNegativeBaselines(comparison, task, runs);
    if (const auto differing = differences(runs); !differing.empty())
      comparison.remarks.push_back(
          fmt::format("the single-task baselines of {} differ in {}: delta_m is relative to their "
                      "mean",
                      task, fmt::join(differing, ", ")));
  }
}

void addRepeats(Comparison& comparison) {
  for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
    std::set<std::int64_t> seeds;
    for (const auto* run : comparison.groups[i].runs)
      if (!seeds.insert(run->seed).second) {
        comparison.remarks.push_back(
            fmt::format("group {} has several runs of seed {}: its interval and n count them as if "
                        "they were independent; the tests take their mean",
                        groupLetter(i), run->seed));
        break;
      }
  }
}

void addMeanRanks(std::vector<Group>& groups, const std::set<std::string>& losses) {
  std::vector<double> sums(groups.size());
  int count = 0;
  for (const auto& [task, metrics] : groups.front().metrics)
    for (const auto& [metric, first] : metrics) {
      std::vector<double> means;
      for (const auto& group : groups)
        if (const auto* one = metricOf(group, task, metric); one && hasAny(*one))
          means.push_back(rankedBy(*one, metric));
      const bool known = run::betterOf(metric) != run::Better::unknown;
      if (means.size() < groups.size() || !known || !counts(task, metric, losses)) continue;
      const auto ranks = sharedRanks(std::move(means));
      for (std::size_t i = 0; i < groups.size(); ++i) sums[i] += ranks[i];
      ++count;
    }
  for (std::size_t i = 0; i < groups.size() && count > 0; ++i) groups[i].meanRank = sums[i] / count;
}

std::vector<PairedTest> pairedTests(const std::vector<Group>& groups, std::size_t baseline,
                                    const std::set<std::string>& losses) {
  std::vector<PairedTest> tests;
  for (const auto& [task, metrics] : groups[baseline].metrics)
    for (const auto& [metric, other] : metrics)
      for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto* value = metricOf(groups[i], task, metric);
        if (i == baseline || !value || !counts(task, metric, losses)) continue;
        tests.push_back(pairedTest(groups[i], *value, groups[baseline], other));
        tests.back().task = task;
        tests.back().metric = metric;
        tests.back().group = i;
        tests.back().baseline = baseline;
      }
  adjust(tests, &PairedTest::wilcoxon, &PairedTest::wilcoxonHolm);
  adjust(tests, &PairedTest::t, &PairedTest::tHolm);
  return tests;
}

}  // namespace eq::study
