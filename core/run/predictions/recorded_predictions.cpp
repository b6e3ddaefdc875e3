#include "core/run/predictions/recorded_predictions.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/run/trainer_at.h"
#include "core/train/predictions/prediction_page.h"

namespace eq::run {
namespace {

std::vector<std::string> remarksOn(const Restored& restored) {
  auto remarks = restored.moves;
  if (!restored.otherData.empty())
    remarks.push_back(fmt::format(
        "the {} data differ from those that the run was trained with: what is shown is of the data "
        "of now",
        fmt::join(restored.otherData, " and ")));
  if (!restored.otherTeachers.empty())
    remarks.push_back(
        fmt::format("another teacher than then: {}", fmt::join(restored.otherTeachers, " and ")));
  if (!restored.differences.empty())
    remarks.push_back(fmt::format("with {}: the last digits may differ",
                                  fmt::join(restored.differences, " and ")));
  remarks.insert(remarks.end(), restored.damaged.begin(), restored.damaged.end());
  return remarks;
}

}  // namespace

struct RecordedPredictions::Trained {
  Restored restored;
};

std::int64_t nearestCheckpoint(const std::filesystem::path& run, std::optional<std::int64_t> step) {
  const auto checkpoints = checkpointsIn(run);
  if (checkpoints.empty()) fail("{}: the run has no checkpoint yet", run.string());
  if (!step) return checkpoints.back().step;
  const auto nearest = std::min_element(
      checkpoints.begin(), checkpoints.end(), [&](const auto& one, const auto& other) {
        return std::llabs(one.step - *step) < std::llabs(other.step - *step);
      });
  return nearest->step;
}

RecordedPredictions::RecordedPredictions(const std::filesystem::path& run,
                                         std::optional<std::int64_t> step)
    : trained_(new Trained{trainerAt(RunReader(run), step)}),
      remarks_(remarksOn(trained_->restored)) {}
RecordedPredictions::~RecordedPredictions() = default;

std::int64_t RecordedPredictions::step() const {
  return trained_->restored.trainer->stepsDone();
}

std::vector<TaskInfo> RecordedPredictions::tasks() const {
  return trained_->restored.trainer->tasks();
}

const train::PredictionSurvey& RecordedPredictions::survey(train::SplitName split, size_t task,
                                                           const train::SurveyProgress& progress) {
  if (survey_ && survey_->split == split && survey_->task == task) return *survey_;
  survey_.reset();
  survey_ = trained_->restored.trainer->surveyPredictions(split, task, progress);
  return *survey_;
}

train::PredictionPage RecordedPredictions::page(const train::PredictionRequest& request,
                                                const train::SurveyProgress& progress) {
  return train::pageOf(*trained_->restored.trainer, survey(request.split, request.task, progress),
                       request);
}

}  // namespace eq::run
