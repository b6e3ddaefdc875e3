#include "core/run/merging/merge_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/run/run_values.h"

namespace eq::run {
namespace {

using nlohmann::json;
using Value = std::optional<double>;

bool isPositive(const Value& value) {
  return value && *value > 0;
}

/// Worst where nothing is merged into a number.
double ratio(const TaskScore& score, const Value& merged) {
  if (!merged) return -std::numeric_limits<double>::infinity();
  if (score.higherIsBetter) return *merged / *score.expert();
  return *merged > 0 ? *score.expert() / *merged : std::numeric_limits<double>::infinity();
}

/// Which part of the way from the base to the expert.
double shareOfWay(const TaskScore& score, const Value& merged) {
  if (!merged) return -std::numeric_limits<double>::infinity();
  const double sign = score.higherIsBetter ? 1 : -1;
  return sign * (*merged - *score.base) / std::abs(*score.expert() - *score.base);
}

template <typename Counts, typename Of>
Value meanOver(const std::vector<TaskScore>& scores, Counts counts, Of of) {
  double sum = 0;
  size_t count = 0;
  for (size_t t = 0; t < scores.size(); ++t) {
    if (!counts(scores[t])) continue;
    sum += of(t);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

json asJson(const Value& value) {
  return value ? json(*value) : json();
}

json listAsJson(const std::vector<Value>& values) {
  auto list = json::array();
  for (const auto& value : values) list.push_back(asJson(value));
  return list;
}

/// The mean over the tasks that have a value.
template <typename Of>
json meanOf(const std::vector<TaskScore>& scores, Of of) {
  return asJson(meanOver(
      scores, [&](const TaskScore& score) { return of(score).has_value(); },
      [&](size_t t) { return *of(scores[t]); }));
}

json splitAsJson(const TaskScore& score) {
  return {{"base", asJson(score.base)},
          {"expert", asJson(score.expert())},
          {"experts", listAsJson(score.experts)},
          {"merged", asJson(score.merged)},
          {"normalised", asJson(score.normalised())}};
}

json splitMeanAsJson(const std::vector<TaskScore>& scores) {
  const auto undefined = std::count_if(scores.begin(), scores.end(),
                                       [](const auto& score) { return !score.normalised(); });
  return {{"base", meanOf(scores, [](const TaskScore& score) { return score.base; })},
          {"expert", meanOf(scores, [](const TaskScore& score) { return score.expert(); })},
          {"merged", meanOf(scores, [](const TaskScore& score) { return score.merged; })},
          {"normalised", meanOf(scores, [](const TaskScore& s) { return s.normalised(); })},
          {"undefined", undefined}};
}

}  // namespace

Value TaskScore::normalised() const {
  const auto own = expert();
  if (!isPositive(merged) || !isPositive(own)) return std::nullopt;
  return higherIsBetter ? *merged / *own : *own / *merged;
}

std::vector<TaskScore> scoresOf(const MergePlan& plan, const TaskValues& base,
                                const std::vector<TaskValues>& experts) {
  const auto metrics = mainMetrics(plan.experiment);
  std::vector<TaskScore> scores;
  for (size_t t = 0; t < metrics.size(); ++t) {
    TaskScore score{plan.experiment.tasks[t].name,
                    metrics[t],
                    isHigherBetter(metrics[t]),
                    plan.heads[t],
                    base.at(t),
                    {},
                    std::nullopt};
    for (const auto& values : experts) score.experts.push_back(values.at(t));
    scores.push_back(std::move(score));
  }
  return scores;
}

double judge(const std::vector<TaskScore>& scores, const TaskValues& merged) {
  const auto hasRatio = [](const TaskScore& score) {
    return isPositive(score.base) && isPositive(score.expert());
  };
  const auto hasWay = [](const TaskScore& score) {
    return score.base && score.expert() && *score.base != *score.expert();
  };
  auto mean = meanOver(scores, hasRatio, [&](size_t t) { return ratio(scores[t], merged.at(t)); });
  if (!mean)
    mean = meanOver(scores, hasWay, [&](size_t t) { return shareOfWay(scores[t], merged.at(t)); });
  if (!mean)
    fail("lambda: no task has a value of both base and expert to search by; give a number");
  return *mean;
}

bool keepsOthers(const std::vector<TaskScore>& scores, const TaskValues& merged, double share,
                 const std::string& place) {
  bool any = false, kept = true;
  for (size_t t = 0; t < scores.size(); ++t) {
    const auto& score = scores[t];
    if (score.head || !isPositive(score.base)) continue;
    any = true;
    const bool keeps = merged.at(t) && (score.higherIsBetter ? *merged[t] >= share * *score.base
                                                             : *merged[t] * share <= *score.base);
    kept = kept && keeps;
  }
  if (!any)
    fail(
        "{}: what becomes of the tasks that no run trains decides, and there is none with a value "
        "above 0",
        place);
  return kept;
}

json tasksAsJson(const MergeScores& scores, const std::vector<std::string>& runs) {
  auto tasks = json::array();
  for (size_t t = 0; t < scores.validation.size(); ++t) {
    const auto& score = scores.validation[t];
    tasks.push_back({{"task", score.task},
                     {"metric", score.metric},
                     {"higher_is_better", score.higherIsBetter},
                     {"head", score.head ? json(runs.at(*score.head)) : json()},
                     {"validation", splitAsJson(score)},
                     {"test", splitAsJson(scores.test.at(t))}});
  }
  return tasks;
}

json meanAsJson(const MergeScores& scores) {
  return {{"validation", splitMeanAsJson(scores.validation)},
          {"test", splitMeanAsJson(scores.test)}};
}

}  // namespace eq::run
