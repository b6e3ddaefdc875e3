#include "core/train/predictions/prediction_page.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

PredictionRow rowAt(const PredictionSurvey& survey, PredictedExample example) {
  const auto i = static_cast<size_t>(example.index);
  PredictionRow row;
  row.example = std::move(example);
  row.error = survey.errors[i];
  row.counted = survey.counted[i] != 0;
  row.finite = survey.finite[i] != 0;
  row.decided = survey.decided[i];
  row.right = survey.right[i];
  if (!survey.targets.empty()) {
    row.targetClass = survey.targets[i];
    row.predictedClass = survey.predicted[i];
  }
  return row;
}

}  // namespace

PredictionPage pageOf(const Trainer& trainer, const PredictionSurvey& survey,
                      const PredictionRequest& request) {
  if (request.count < 1 || request.count > kLargestPage)
    fail("predictions: a page has 1 to {} examples, found {}", kLargestPage, request.count);
  if (request.first < 0) fail("predictions: the first place is 0, found {}", request.first);
  const auto chosen = worstFirst(survey, request.filter);
  const auto size = static_cast<std::int64_t>(chosen.size());
  const auto begin = std::min(request.first, size);
  const auto end = std::min(size, begin + request.count);

  PredictionPage page;
  page.request = request;
  page.step = survey.step;
  page.info = survey.info;
  page.inputShape = survey.inputShape;
  page.inputs = survey.inputs;
  page.measure = survey.measure;
  page.reason = survey.reason;
  page.decoded = survey.decoded;
  page.counts = countsOf(survey);
  page.matching = size;
  page.interval = survey.interval;
  for (auto& example : trainer.predictedExamples(survey.split, survey.task,
                                                 {chosen.begin() + begin, chosen.begin() + end}))
    page.rows.push_back(rowAt(survey, std::move(example)));
  return page;
}

PredictionPage predictionPage(const Trainer& trainer, const PredictionRequest& request) {
  return pageOf(trainer, trainer.surveyPredictions(request.split, request.task), request);
}

}  // namespace eq::train
