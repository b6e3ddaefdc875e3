#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/text_table.h"
#include "core/train/prediction_survey.h"

namespace eq::train {

// Predictions as people and programs read them.

/// Its name, or its number; of a binary task without names "no" and "yes".
std::string classText(const TaskInfo& task, std::int64_t number);
/// The class that a person means: its name, else its number. \throws Error for one of no class.
std::int64_t classFromText(const TaskInfo& task, const std::string& text);
/// Whether target and output are maps of `TaskInfo::imageShape`.
bool isOfMaps(const TaskInfo& task);

/// "3", "12.5 °C", "a, c"; of a map its size; "none" without a target.
std::string targetText(const PredictionPage& page, const PredictionRow& row);
/// The same of what is predicted, an interval behind it; "not finite"; "-" where the loss makes no
/// predictions that can be shown.
std::string outputText(const PredictionPage& page, const PredictionRow& row);
/// "alcohol 12.3, ash 2.1"; numbers without names as they stand; of an image its size.
std::string inputText(const PredictionPage& page, const PredictionRow& row);
/// Probability of what is predicted, of tasks with classes.
std::optional<double> confidenceOf(const PredictionPage& page, const PredictionRow& row);
/// Whether all that is decided of it is right; nothing of numbers, or without a target.
std::optional<bool> isRight(const PredictionPage& page, const PredictionRow& row);
/// "mean absolute error in °C (the loss compares examples ...)".
std::string measureText(const PredictionPage& page);
/// "540 examples, 520 right (96.3 %), 3 without a target".
std::string countsText(const PredictionPage& page);

/// Rows for a spreadsheet, numbers exact: example, target, prediction, confidence, error, right; a
/// column each of probabilities, numbers and ends of intervals (of up to 200, no maps).
TextTable tableOf(const PredictionPage& page);
/// Numbers that are not finite are null when it is written.
nlohmann::json toJson(const PredictionPage& page);

}  // namespace eq::train
