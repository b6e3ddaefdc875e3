#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

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

/// Intervals by task, split and metric: those of each split's newest evaluation, where it has them.
using Intervals =
    std::map<std::string, std::map<std::string, std::map<std::string, metric::Interval>>>;
Intervals finalIntervals(const std::vector<train::EvaluationRecord>& evaluations,
                         const std::vector<std::string>& tasks);
nlohmann::json toJson(const Intervals& intervals);

}  // namespace eq::run
