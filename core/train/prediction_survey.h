#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/data/input_scale.h"
#include "core/train/records.h"

namespace eq::train {

/// What a task says of every example of a split, in a few numbers an example: which are worst, and
/// which of them a person wants to see. The examples themselves come later, a page at a time.
struct PredictionSurvey {
  size_t task = 0;  ///< of the experiment
  SplitName split = SplitName::validation;
  std::int64_t step = 0;
  TaskInfo info;
  std::vector<std::int64_t> inputShape;  ///< of one example
  std::vector<data::InputScale> inputs;  ///< as data::Problem has them

  std::string measure;   ///< what `errors` are: "loss", "mean absolute error"
  std::string reason;    ///< why that is not the loss; empty where it is
  bool decoded = true;   ///< whether the loss makes predictions that can be shown
  std::string interval;  ///< what intervals of its predictions are; empty where it predicts none
  std::vector<double> errors;         ///< [N]; NaN without a target
  std::vector<char> counted;          ///< [N] whether the example has a target
  std::vector<char> finite;           ///< [N] whether its prediction is
  std::vector<std::int32_t> decided;  ///< [N] labels or pixels that metrics decide; 0: numbers
  std::vector<std::int32_t> right;    ///< [N] those of them that are right
  std::vector<std::int32_t> targets;  ///< [N] class, -1 without one; empty of other kinds of tasks
  std::vector<std::int32_t> predicted;  ///< likewise

  std::int64_t size() const { return static_cast<std::int64_t>(errors.size()); }
};

/// Which examples are wanted; all where nothing is said.
struct PredictionFilter {
  enum class Outcome { any, right, wrong };
  std::optional<std::int64_t> target;     ///< class
  std::optional<std::int64_t> predicted;  ///< class
  Outcome outcome = Outcome::any;         ///< wrong: also of a prediction that is not finite
  bool operator==(const PredictionFilter&) const = default;
};

/// The examples that pass the filter, worst first: predictions or losses that are not finite, then
/// by error, equal ones by their place; those without a target last.
/// \throws Error where the task has no such class, or no right and wrong.
std::vector<std::int64_t> worstFirst(const PredictionSurvey& survey,
                                     const PredictionFilter& filter);

/// What a survey adds up to.
struct PredictionCounts {
  std::int64_t examples = 0, withoutTarget = 0;
  std::int64_t nonfinite = 0;           ///< of those with a target
  std::int64_t decided = 0, right = 0;  ///< labels or pixels
  /// As the metrics `accuracy` and `pixel_accuracy`; NaN where nothing is decided, or a prediction
  /// is not finite.
  double accuracy = std::numeric_limits<double>::quiet_NaN();
};
PredictionCounts countsOf(const PredictionSurvey& survey);

/// One example with what the task says of it.
struct PredictedExample {
  std::int64_t index = 0;      ///< in its split
  std::vector<double> input;   ///< in its own unit, in the order of the survey's `inputShape`
  std::vector<double> target;  ///< class; labels 0/1; numbers in their unit; a map row by row; NaN
                               ///< where there is none
  /// Probabilities: of each class, of "yes", of each label. Numbers in their unit. Of segmentation
  /// the class of each pixel. Empty where the survey is not `decoded`.
  std::vector<double> output;
  std::vector<double> low, high;  ///< of each number where the loss predicts an interval
};

/// Which page of which list.
struct PredictionRequest {
  size_t task = 0;  ///< of the experiment
  SplitName split = SplitName::validation;
  PredictionFilter filter;
  std::int64_t first = 0;  ///< place in the list
  std::int64_t count = 50;
  bool operator==(const PredictionRequest&) const = default;
};
/// The most examples of one page.
inline constexpr std::int64_t kLargestPage = 1000;

/// An example in its place in the list.
struct PredictionRow {
  PredictedExample example;
  double error = 0;  ///< NaN without a target
  bool counted = true, finite = true;
  std::int64_t decided = 0, right = 0;
  std::int64_t targetClass = -1, predictedClass = -1;  ///< -1: none
};

/// The answer: values that may cross threads.
struct PredictionPage {
  PredictionRequest request;
  std::int64_t step = 0;
  TaskInfo info;
  std::vector<std::int64_t> inputShape;
  std::vector<data::InputScale> inputs;
  std::string measure, reason, interval;  ///< as PredictionSurvey has them
  bool decoded = true;
  PredictionCounts counts;
  std::int64_t matching = 0;  ///< examples that pass the filter
  std::vector<PredictionRow> rows;
};

/// Told after every chunk of examples; \returns whether to go on.
using SurveyProgress = std::function<bool(std::int64_t done, std::int64_t all)>;

/// "train", "validation" or "test". \throws Error for another text.
SplitName splitNameFromText(const std::string& text);

}  // namespace eq::train
