#pragma once

#include <string>
#include <vector>

namespace eq::train {

/// How the parts of a name are written in exports, filters, rules and axes: `cosine.left.right`,
/// and in brackets what is no identifier, `validation["50% yield"].loss`.
std::string seriesName(const std::vector<std::string>& parts);

/// When a series of a run gets a value.
enum class SeriesKind {
  clock,       ///< step, epoch, examples, seconds: known at each moment
  step,        ///< at each step: learning_rate, loss.T, weight.T, term.T.PART, point.I
  sampled,     ///< where conflict is measured: norm.T, cosine.T1.T2, condition_number, sum_norm,
               ///< update_norm
  evaluation,  ///< train.T.METRIC, validation.T.METRIC, test.T.METRIC
  none         ///< it is no series but, perhaps, a field of the experiment
};
SeriesKind seriesKind(const std::vector<std::string>& parts);

/// Whether more is better: a metric whose descriptor says "max".
bool isHigherBetter(const std::vector<std::string>& parts);

/// Whether it is the loss of this task, at steps or in evaluations.
bool isLossOf(const std::vector<std::string>& parts, const std::string& task);

/// What series a run can have.
struct SeriesSource {
  std::vector<std::string> tasks;
  std::vector<std::vector<std::string>> metrics;  ///< ids, by task; "loss" may be left out
};
/// All of them but the parts of losses and the coordinates of analytic problems.
std::vector<std::string> seriesNames(const SeriesSource& source);

}  // namespace eq::train
