#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/train/prediction_survey.h"

namespace eq::run {

/// The step of the checkpoint nearest to a step, the earlier of two; nothing: the newest one.
/// \throws Error where the run has none.
std::int64_t nearestCheckpoint(const std::filesystem::path& run, std::optional<std::int64_t> step);

/// What a recorded run says of its examples as it stood at one checkpoint. Keeps the model, the
/// data and the newest survey, so that pages after the first cost little. One thread at a time.
class RecordedPredictions {
 public:
  /// \param step of a checkpoint; nothing: the newest intact one.
  /// \throws Error as `trainerAt`.
  RecordedPredictions(const std::filesystem::path& run, std::optional<std::int64_t> step);
  ~RecordedPredictions();

  std::int64_t step() const;
  /// One a task of the experiment.
  std::vector<TaskInfo> tasks() const;
  /// What may make the numbers others than those of the run: data that changed, other files.
  const std::vector<std::string>& remarks() const { return remarks_; }
  /// \throws Error, also where `progress` says not to go on; then the next call begins anew.
  const train::PredictionSurvey& survey(train::SplitName split, size_t task,
                                        const train::SurveyProgress& progress = {});
  train::PredictionPage page(const train::PredictionRequest& request,
                             const train::SurveyProgress& progress = {});

 private:
  struct Trained;
  std::unique_ptr<Trained> trained_;
  std::vector<std::string> remarks_;
  std::optional<train::PredictionSurvey> survey_;
};

}  // namespace eq::run
