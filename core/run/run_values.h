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

/// Which values of a metric are the better ones.
enum class Better {
  lower,   ///< the loss, and what its descriptor says
  higher,  ///< as its descriptor says
  unknown  ///< a metric of another program: it has no best value and no rank
};
Better betterOf(const std::string& metric);
bool isHigherBetter(const std::string& metric);
/// "higher is better", "which is better is not known".
std::string inWords(Better better);

/// Those of each split's newest evaluation. \param tasks names, in the order of the run.
Values finalValues(const std::vector<train::EvaluationRecord>& evaluations,
                   const std::vector<std::string>& tasks);

/// By task: the step at which it got the loss that it has at the end, 0 where it is the first.
/// Values of `loss` up to there are those of another loss, and nothing that its own are compared
/// with.
using LossesSince = std::vector<std::int64_t>;
LossesSince lossesSince(const std::vector<train::EventRecord>& events, std::size_t tasks);
/// Whether an evaluation's value of a task is that of a loss which it has no more.
bool isOfFormerLoss(const train::EvaluationRecord& evaluation, size_t task,
                    const std::string& metric, const LossesSince& since);

/// The best of all evaluations, each by itself, of losses those since they are in force; none of a
/// metric of which it is not known which values are better. NaN only where there is nothing else.
Values bestValues(const std::vector<train::EvaluationRecord>& evaluations,
                  const std::vector<std::string>& tasks, const LossesSince& since);

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
              const std::vector<std::string>& metrics, const LossesSince& since = {});

/// Intervals by task, split and metric: those of each split's newest evaluation, where it has them.
using Intervals =
    std::map<std::string, std::map<std::string, std::map<std::string, metric::Interval>>>;
Intervals finalIntervals(const std::vector<train::EvaluationRecord>& evaluations,
                         const std::vector<std::string>& tasks);
nlohmann::json toJson(const Intervals& intervals);

}  // namespace eq::run
