#include "core/train/prediction_survey.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace eq::train {
namespace {

using Outcome = PredictionFilter::Outcome;

void requireClass(const PredictionSurvey& survey, const std::optional<std::int64_t>& wanted,
                  const char* what) {
  if (!wanted) return;
  if (survey.targets.empty())
    fail("{}: the task {} is {} and has no classes to filter by", what, survey.info.name,
         toText(survey.info.kind));
  const auto classes = survey.info.kind == TaskKind::binary ? 2 : survey.info.width;
  if (*wanted < 0 || *wanted >= classes)
    fail("{}: classes of the task {} go from 0 to {}, found {}", what, survey.info.name,
         classes - 1, *wanted);
}

void requireOutcome(const PredictionSurvey& survey, Outcome outcome) {
  if (outcome == Outcome::any) return;
  if (!survey.decoded)
    fail("outcome: the loss of {} makes no predictions that are right or wrong", survey.info.name);
  if (survey.info.kind == TaskKind::regression)
    fail("outcome: the task {} is of numbers, which are not right or wrong", survey.info.name);
}

bool passes(const PredictionSurvey& survey, const PredictionFilter& filter, size_t i) {
  if (filter.target && survey.targets[i] != *filter.target) return false;
  if (filter.predicted && survey.predicted[i] != *filter.predicted) return false;
  if (filter.outcome == Outcome::any) return true;
  if (!survey.counted[i]) return false;
  const bool right = survey.finite[i] && survey.right[i] == survey.decided[i];
  return right == (filter.outcome == Outcome::right);
}

/// 0: not finite, 1: a number, 2: without a target.
int rankOf(const PredictionSurvey& survey, size_t i) {
  if (!survey.counted[i]) return 2;
  return survey.finite[i] && std::isfinite(survey.errors[i]) ? 1 : 0;
}

}  // namespace

std::vector<std::int64_t> worstFirst(const PredictionSurvey& survey,
                                     const PredictionFilter& filter) {
  requireClass(survey, filter.target, "target");
  requireClass(survey, filter.predicted, "predicted");
  requireOutcome(survey, filter.outcome);
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < survey.size(); ++i)
    if (passes(survey, filter, static_cast<size_t>(i))) chosen.push_back(i);
  std::stable_sort(chosen.begin(), chosen.end(), [&](std::int64_t one, std::int64_t other) {
    const auto a = static_cast<size_t>(one), b = static_cast<size_t>(other);
    const int first = rankOf(survey, a), second = rankOf(survey, b);
    return first != second ? first < second : first == 1 && survey.errors[a] > survey.errors[b];
  });
  return chosen;
}

PredictionCounts countsOf(const PredictionSurvey& survey) {
  PredictionCounts counts;
  counts.examples = survey.size();
  for (size_t i = 0; i < survey.errors.size(); ++i) {
    counts.withoutTarget += survey.counted[i] ? 0 : 1;
    counts.nonfinite += survey.counted[i] && !survey.finite[i] ? 1 : 0;
    counts.decided += survey.decided[i];
    counts.right += survey.right[i];
  }
  if (counts.decided > 0 && counts.nonfinite == 0)
    counts.accuracy = static_cast<double>(counts.right) / static_cast<double>(counts.decided);
  return counts;
}

SplitName splitNameFromText(const std::string& text) {
  for (const auto split : {SplitName::train, SplitName::validation, SplitName::test})
    if (toText(split) == text) return split;
  fail("split: train, validation or test, found \"{}\"", text);
}

}  // namespace eq::train
