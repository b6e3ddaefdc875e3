#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/metric/classes/class_report.h"
#include "core/metric/interval.h"

namespace eq::train {

/// Where a gradient statistic was taken.
enum class GradientSource {
  exact,           ///< in all shared parameters
  representation,  ///< in the trunk's output: an approximation
  feedback         ///< in all shared parameters, what the model trains by in the gradient's place
};
inline constexpr GradientSource kGradientSources[] = {
    GradientSource::exact, GradientSource::representation, GradientSource::feedback};
std::string toText(GradientSource source);

/// The pairs of tasks in one layer of what they share, alone.
struct LayerConflict {
  std::string name;             ///< its parameters' before the last dot: "trunk.0"
  std::vector<double> norms;    ///< [K]
  std::vector<double> cosines;  ///< [K (K - 1) / 2], pairs (0, 1), (0, 2) ... (1, 2) ...
};

/// Conflict statistics of one step, K tasks. A zero or non-finite row makes its entries NaN.
struct ConflictRecord {
  GradientSource source = GradientSource::exact;
  std::vector<double> norms;               ///< [K] of the gradients of the raw losses
  std::vector<double> cosines;             ///< [K * K], row by row
  double conditionNumber = 0;              ///< NaN without a non-zero row
  double sumNorm = 0;                      ///< of the sum of all rows
  double updateNorm = 0;                   ///< of d = J^T w, the direction taken
  std::vector<LayerConflict> layers = {};  ///< where they were asked for, from the input on
};

/// What a step of plain SGD for one task alone, with the learning rate of the step, does to the
/// losses of K tasks on the same batch. NaN where a task took no part.
struct AffinityRecord {
  std::vector<double> before;  ///< [K]
  std::vector<double> after;   ///< [K * K] row i: where the shared parameters moved by −η ∇L_i
};
/// [K * K] 1 − after_ij/before_j: what task i does for task j, above 0 it helps; NaN where before_j
/// is 0. Fifty et al., NeurIPS 2021.
std::vector<double> affinities(const AffinityRecord& record);

/// One part of a task's loss, weighted: the parts add up to the loss. Or a penalty of the model,
/// which stands beside the losses.
struct TermRecord {
  std::int64_t task = 0;  ///< -1: the model's
  std::string name;       ///< as the loss names it: "cross_entropy", "penalty"
  double value = 0;
};

/// What the model recorded of itself at a step: a mean over the batch, unless its descriptor says
/// otherwise.
struct ObservationRecord {
  std::string name;                      ///< "gate"
  std::int64_t task = -1;                ///< whose it is; -1: the model's
  std::string place = {};                ///< which of several with that name; else empty
  std::vector<std::int64_t> shape = {};  ///< none: one number
  std::vector<double> values = {};       ///< row by row
};

/// A preference that a step trained at, of a method that trains a front.
struct PreferenceRecord {
  std::int64_t sample = 0;     ///< which of the step's draws, from 0
  std::vector<double> values;  ///< [K], sum 1
};

/// One point of the front that a model holds, over a whole split.
struct FrontPoint {
  std::vector<double> preference;                    ///< [K], sum 1
  std::vector<std::map<std::string, double>> tasks;  ///< as in an evaluation
};

/// What one update did. Values are those before the update, of the batch it was made with.
struct StepRecord {
  std::int64_t step = 0;      ///< updates since the run began, this one included: the first has 1
  double epoch = 0;           ///< examples seen / examples in an epoch, this step included
  std::int64_t examples = 0;  ///< examples seen, this step included
  double seconds = 0;         ///< of training, since the run began (pauses excluded)
  double learningRate = 0;
  std::vector<double>
      losses;  ///< [K] raw; NaN where the task was off or had no valid target in the batch
  std::vector<double> weights;  ///< [K] effective: d = J^T w
  std::vector<double> point;    ///< of an analytic problem: where the losses were taken; else empty
  std::optional<ConflictRecord> conflict;  ///< on sampled steps
  std::vector<TermRecord> terms = {};  ///< of the losses that have parts, by task; a part's value
                                       ///< is NaN where the loss is; then the model's penalties
  std::vector<ObservationRecord> observations =
      {};                                       ///< on observed steps, where the model has some
  std::optional<AffinityRecord> affinity = {};  ///< on steps at which it was looked ahead
  std::vector<PreferenceRecord> preferences =
      {};  ///< where a front is trained: what the losses and weights are means over
};

enum class SplitName { train, validation, test };
std::string toText(SplitName split);

/// Metrics over a whole split.
struct EvaluationRecord {
  std::int64_t step = 0;
  double epoch = 0;
  double seconds = 0;
  SplitName split = SplitName::validation;
  std::vector<std::map<std::string, double>>
      tasks;  ///< a task's metrics by id; "loss" is always there
  /// By task, of those whose kind is classification, ordinal or binary.
  std::map<size_t, metric::ClassReport> reports = {};
  /// By task and metric; of the last evaluations before the run ended or stopped, else empty.
  std::map<size_t, std::map<std::string, metric::Interval>> intervals = {};
  /// Of the validation split, where a front is trained; `tasks` are those at equal preferences.
  std::vector<FrontPoint> front = {};
};

/// Intervals of the newest evaluation of a split, measured after it.
struct IntervalRecord {
  SplitName split = SplitName::validation;
  std::map<size_t, std::map<std::string, metric::Interval>> tasks;
};

/// Something that happened at a step: a command, a checkpoint, a non-finite value, a note, an
/// error.
struct EventRecord {
  std::int64_t step = 0;  ///< updates done when it took effect
  double seconds = 0;
  std::string kind;  ///< "command", "rule", "checkpoint", "nonfinite", "note", "table",
                     ///< "structure", "started", "resumed", "finished", "failed"
  std::string text;  ///< one line for people
  nlohmann::json detail =
      nlohmann::json::object();  ///< "command": it, to be replayed; "table": {"table":
                                 ///< guesses}; "structure": that of the model from here on
};

nlohmann::json toJson(const EventRecord& event);
EventRecord eventFromJson(const nlohmann::json& value);

}  // namespace eq::train
