#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eq::train {

/// How the parts of a name are written in exports, filters, rules and axes: `cosine.left.right`,
/// and in brackets what is no identifier, `validation["50% yield"].loss`.
std::string seriesName(const std::vector<std::string>& parts);

struct ObservationRecord;

/// How exports and descriptions name what a model recorded: `gate.left`, `stitch.1`, `gate.left.1`.
/// A number of it stands behind its indices: `gate.left.0`. \param tasks names, by task.
std::string observationName(const ObservationRecord& observed,
                            const std::vector<std::string>& tasks);
/// How a term is named: `term.left.penalty`, and a penalty of the model `term..soft_sharing`.
std::string termName(const std::string& term, std::int64_t task,
                     const std::vector<std::string>& tasks);

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
