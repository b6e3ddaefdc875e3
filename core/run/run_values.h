#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/experiment.h"
#include "core/train/records.h"

namespace eq::run {

/// Values by task, split and metric.
using Values = std::map<std::string, std::map<std::string, std::map<std::string, double>>>;

/// Whether the metric's descriptor says "max"; the loss and what is unknown are better lower.
bool isHigherBetter(const std::string& metric);

/// Those of each split's newest evaluation. \param tasks names, in the order of the run.
Values finalValues(const std::vector<train::EvaluationRecord>& evaluations,
                   const std::vector<std::string>& tasks);

/// The best of all evaluations, each by itself: the highest where the metric's descriptor says
/// "max", else the lowest, as for the loss. NaN only where there is nothing else.
Values bestValues(const std::vector<train::EvaluationRecord>& evaluations,
                  const std::vector<std::string>& tasks);

/// What a task's checkpoints are compared by, one a task: its first metric, else its loss.
std::vector<std::string> mainMetrics(const train::Experiment& experiment);

/// The first evaluation at which a task's metric was best.
struct Best {
  std::int64_t step = 0;
  double value = 0;
};

/// Takes an evaluation of the validation split into the best ones; others change nothing.
/// \param metrics a task's id of what counts, by task. \returns whether a task was never better.
bool takeBest(std::vector<std::optional<Best>>& best, const train::EvaluationRecord& evaluation,
              const std::vector<std::string>& metrics);

/// Intervals by task, split and metric: those of each split's newest evaluation, where it has them.
using Intervals =
    std::map<std::string, std::map<std::string, std::map<std::string, metric::Interval>>>;
Intervals finalIntervals(const std::vector<train::EvaluationRecord>& evaluations,
                         const std::vector<std::string>& tasks);
nlohmann::json toJson(const Intervals& intervals);

}  // namespace eq::run
