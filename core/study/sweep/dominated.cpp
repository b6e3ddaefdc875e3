#include "core/study/sweep/dominated.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/parameter.h"
#include "core/run/run_folder.h"
#include "core/run/run_values.h"
#include "core/train/rule.h"
#include "core/train/series_expression.h"
#include "core/train/series_name.h"

namespace eq::study {
namespace {

constexpr std::int64_t kMostCombined = 100'000;
constexpr double kWorst = std::numeric_limits<double>::infinity();

nlohmann::json withoutSeed(nlohmann::json fields) {
  fields.erase("seed");
  return fields;
}

/// Nowhere worse, and better somewhere.
bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

void takeBetter(std::vector<double>& best, const std::vector<double>& values) {
  for (std::size_t i = 0; i < best.size(); ++i) best[i] = std::min(best[i], values[i]);
}

}  // namespace

std::optional<DominanceRule> dominanceFromJson(const nlohmann::json& value) {
  if (value.is_null()) return std::nullopt;
  auto by = ParameterSpec::text("by", "", "Series of evaluations that are compared, a list");
  by.type = ParameterType::any;
  by.defaultValue = nullptr;
  const auto after = ParameterSpec::integer("after", 1, "Least steps of a run").from(1);
  const auto wave = ParameterSpec::integer("wave", 4, "Combinations that do not stop each other");
  const Parameters keys({by, after, ParameterSpec(wave).from(1).to(kMostCombined)}, value,
                        "sweep.dominated");
  DominanceRule rule{{}, keys.integer("after"), keys.integer("wave")};
  const auto given = keys.at("by");
  if (given.is_null()) return rule;
  if (!given.is_array() || given.empty())
    fail("sweep.dominated.by: expected a list of series, found {}", given.dump());
  for (size_t i = 0; i < given.size(); ++i) {
    check(ParameterSpec::text("by", "", ""), given[i], fmt::format("sweep.dominated.by[{}]", i));
    rule.by.push_back(given[i].get<std::string>());
  }
  return rule;
}

std::optional<DominanceRule> dominanceOf(const SweepFile& file) {
  const auto sweep = nlohmann::json::parse(file.text).at("sweep");
  return dominanceFromJson(sweep.value("dominated", nlohmann::json()));
}

std::vector<Objective> objectivesOf(const DominanceRule& rule,
                                    const train::Experiment& experiment) {
  std::vector<Objective> objectives;
  const auto add = [&](const std::string& task, const std::string& metric) {
    objectives.push_back({task, metric, run::isHigherBetter(metric)});
  };
  for (std::size_t i = 0; i < rule.by.size(); ++i) {
    const auto path = fmt::format("sweep.dominated.by[{}]", i);
    const auto name = train::keptSeries(experiment, rule.by[i], path);
    const auto parts = train::parseSeriesExpression(name, path).quantities.front().parts;
    add(parts[1], parts[2]);
  }
  if (!rule.by.empty()) return objectives;
  const auto metrics = run::mainMetrics(experiment);
  for (std::size_t k = 0; k < experiment.tasks.size(); ++k)
    if (experiment.tasks[k].enabled) add(experiment.tasks[k].name, metrics[k]);
  return objectives;
}

std::vector<std::size_t> combinationNumbers(const std::vector<SweepRun>& runs) {
  std::vector<std::size_t> numbers;
  std::vector<nlohmann::json> known;
  for (const auto& run : runs) {
    const auto fields = withoutSeed(run.fields);
    const auto found = std::find(known.rbegin(), known.rend(), fields);  // seeds stand together
    if (found == known.rend()) {
      numbers.push_back(known.size());
      known.push_back(fields);
    } else {
      numbers.push_back(static_cast<std::size_t>(known.rend() - found) - 1);
    }
  }
  return numbers;
}

Rivals::Rivals(const std::vector<std::filesystem::path>& folders, std::vector<Objective> objectives,
               std::int64_t after)
    : objectives_(std::move(objectives)), after_(after) {
  for (const auto& folder : folders) {
    const run::RunReader reader(folder);
    const auto tasks = reader.tasks();
    Rival rival{folder.filename().string(), {}};
    for (const auto& evaluation : reader.evaluations())
      if (evaluation.split == train::SplitName::validation)
        rival.looks.push_back(lookAt(evaluation, tasks));
    rivals_.push_back(std::move(rival));
  }
}

Rivals::Look Rivals::lookAt(const train::EvaluationRecord& evaluation,
                            const std::vector<std::string>& tasks) const {
  Look look{evaluation.step, {}};
  for (const auto& objective : objectives_) {
    const auto task = std::find(tasks.begin(), tasks.end(), objective.task) - tasks.begin();
    double value = kWorst;
    if (task < std::ssize(evaluation.tasks)) {
      const auto& metrics = evaluation.tasks[static_cast<std::size_t>(task)];
      if (const auto found = metrics.find(objective.metric);
          found != metrics.end() && !std::isnan(found->second))
        value = objective.isHigherBetter ? -found->second : found->second;
    }
    look.values.push_back(value);
  }
  return look;
}

void Rivals::add(const train::EvaluationRecord& evaluation, const std::vector<std::string>& tasks) {
  if (evaluation.split == train::SplitName::validation) own_.push_back(lookAt(evaluation, tasks));
}

std::string Rivals::verdict() const {
  if (own_.empty() || own_.back().step < after_) return {};
  for (const auto& rival : rivals_) {
    std::vector<double> its(objectives_.size(), kWorst), own = its;
    for (const auto& look : own_)
      for (const auto& other : rival.looks)
        if (other.step == look.step) {
          takeBetter(its, other.values);
          takeBetter(own, look.values);
        }
    if (dominates(its, own)) return inWords(rival, its, own);
  }
  return {};
}

std::string Rivals::inWords(const Rival& rival, const std::vector<double>& its,
                            const std::vector<double>& own) const {
  std::string values;
  for (std::size_t i = 0; i < objectives_.size(); ++i) {
    const auto& objective = objectives_[i];
    const double sign = objective.isHigherBetter ? -1 : 1;
    values += fmt::format("{}{} {} against {}", i == 0 ? "" : ", ",
                          train::seriesName({"validation", objective.task, objective.metric}),
                          numberText(sign * own[i], 5), numberText(sign * its[i], 5));
  }
  return fmt::format("dominated at step {} by {}: {}", own_.back().step, rival.name, values);
}

}  // namespace eq::study
