#pragma once

#include "core/train/prediction_survey.h"

namespace eq::train {

class Trainer;

/// A page of the list, worst first; past its end the last examples are left out.
/// \pre the survey is of the trainer as it stands.
/// \throws Error where the filter does not fit the task, and for a page of no or too many examples.
PredictionPage pageOf(const Trainer& trainer, const PredictionSurvey& survey,
                      const PredictionRequest& request);

/// The same of a trainer that moves: surveys the split first.
PredictionPage predictionPage(const Trainer& trainer, const PredictionRequest& request);

}  // namespace eq::train
