#pragma once

#include <cstdint>
#include <vector>

#include "core/train/prediction_survey.h"
#include "core/train/run_parts.h"

namespace eq::train {

// What a task says of the examples of a split; changes nothing of what follows. Of a front, at
// equal preferences.

/// \throws Error when task or split have no examples, and where `progress` says not to go on.
PredictionSurvey surveyOf(const RunParts& parts, SplitName split, size_t task,
                          const SurveyProgress& progress);

/// Some examples of it. \throws Error when an index is none of the split's.
std::vector<PredictedExample> predictedExamples(const RunParts& parts, SplitName split, size_t task,
                                                const std::vector<std::int64_t>& indices);

}  // namespace eq::train
