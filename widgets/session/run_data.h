#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <QObject>
#include <QString>
#include <QStringList>

#include "core/base/task.h"
#include "core/run/runner.h"
#include "core/train/experiment.h"
#include "core/train/records.h"

namespace eq::widgets {

using Column = std::vector<double>;

/// What the horizontal axis counts.
enum class XUnit { step, epoch, examples, seconds };
inline constexpr std::array kXUnits{XUnit::step, XUnit::epoch, XUnit::examples, XUnit::seconds};
QString toText(XUnit unit);  ///< "Step", "Epoch", "Examples", "Wall time (s)"

/// The same positions counted in every unit.
class XColumns {
 public:
  const Column& in(XUnit unit) const { return columns_[static_cast<std::size_t>(unit)]; }
  void add(const std::array<double, kXUnits.size()>& position);

 private:
  std::array<Column, kXUnits.size()> columns_;
};

/// One number over time.
struct Track {
  XColumns x;
  Column y;
};

/// The conflict statistics of the sampled steps, taken at one source; pairs are (0, 1), (0, 2), ...
/// (1, 2), ...
struct ConflictTrack {
  XColumns x;
  std::vector<Column> norms;   ///< [task] of the gradients of the raw losses
  std::vector<Column> angles;  ///< [pair] degrees
  Column conditionNumber;
  /// 1 where there was something to measure, 0 where a task was off or without a label (and the
  /// value is NaN): [task], [pair], and for what needs any pair.
  std::vector<Column> taskThere, pairThere;
  Column anyThere;
  Column share;             ///< pairs with a cosine below 0 / pairs that have one; NaN without any
  Column meanShare;         ///< mean of `share` up to here: the conflict frequency
  std::int64_t shares = 0;  ///< samples that went into the mean
  Column updateNorm;
};

/// One part of a task's loss, at the steps at which the loss had it.
struct TermTrack {
  int task = 0;
  QString name;
  Track track;
};

/// Everything that one run has recorded, in columns that only grow. Lives in the GUI thread.
/// References to columns stay good until restarted().
class RunData : public QObject {
  Q_OBJECT

 public:
  explicit RunData(QObject* parent = nullptr);

  /// Forgets everything and begins a run. Emits restarted().
  void start(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks);
  /// After a command changed it. Emits experimentChanged().
  void setExperiment(const train::Experiment& experiment);
  /// Both show what the other did. Emits restarted() and changed() of both.
  void exchange(RunData& other);
  /// Adds what happened since; steps must increase. Emits changed().
  void append(const run::Records& records);

  const train::Experiment& experiment() const { return content_.experiment; }
  const std::vector<TaskInfo>& tasks() const { return content_.tasks; }
  int taskCount() const { return static_cast<int>(content_.tasks.size()); }
  /// As it is shown, on one line and in full.
  QString taskName(int task) const;
  bool empty() const { return content_.learningRates.empty() && content_.evaluations.empty(); }

  /// Columns with a number a step, all of the same length.
  const Column& x(XUnit unit) const { return content_.x.in(unit); }
  const XColumns& positions() const { return content_.x; }
  const Column& losses(int task) const { return content_.losses[static_cast<std::size_t>(task)]; }
  const Column& weights(int task) const { return content_.weights[static_cast<std::size_t>(task)]; }
  /// The parts of losses that have some, in order of their first step.
  const std::deque<TermTrack>& terms() const { return content_.terms; }
  const Column& learningRates() const { return content_.learningRates; }
  /// Where the losses of an analytic problem were taken: [x1, x2]; else empty.
  const std::array<Column, 2>& way() const { return content_.way; }

  /// Every sampled step, both sources, in order.
  const std::vector<train::ConflictRecord>& conflicts() const { return content_.conflicts; }
  const XColumns& conflictX() const { return content_.conflictX; }
  const ConflictTrack& conflictTrack(train::GradientSource source) const;
  int pairCount() const { return taskCount() * (taskCount() - 1) / 2; }
  /// \returns the tasks of a pair, the smaller first.
  std::pair<int, int> pairTasks(int pair) const;

  const std::vector<train::EvaluationRecord>& evaluations() const { return content_.evaluations; }
  /// The newest evaluation of the split that has intervals, by its place in evaluations().
  std::optional<std::size_t> measured(train::SplitName split) const;
  /// Where each evaluation lies.
  const XColumns& evaluationX() const { return content_.evaluationX; }
  /// A metric of a task over a split; null when no evaluation holds it.
  const Track* metric(int task, const QString& id, train::SplitName split) const;
  /// Ids of the metrics that any evaluation holds for any task, sorted; "loss" first.
  QStringList metricIds() const;

  const std::vector<train::EventRecord>& events() const { return content_.events; }
  /// Whether the run reached its last step.
  bool finished() const;

  /// Where a step lies on the axis: at the last recorded step up to it; 0 before the first.
  double xAt(std::int64_t step, XUnit unit) const;
  /// The row of the last recorded step with x <= `position`; none before the first.
  std::optional<std::size_t> rowAt(double position, XUnit unit) const;

 signals:
  void restarted();
  void changed();
  void experimentChanged();

 private:
  void appendStep(const train::StepRecord& step);
  void appendTerm(const train::TermRecord& term, const std::array<double, 4>& position);
  void appendConflict(const train::StepRecord& step, const std::array<double, 4>& position);
  void appendPairs(ConflictTrack& track, const train::ConflictRecord& conflict);
  void appendEvaluation(const train::EvaluationRecord& evaluation);
  void appendIntervals(const train::IntervalRecord& intervals);

  /// Everything but the signals' receivers.
  struct Content {
    train::Experiment experiment;
    std::vector<TaskInfo> tasks;
    XColumns x;
    std::vector<Column> losses, weights;  // [task][row]
    std::deque<TermTrack> terms;
    Column learningRates;
    std::array<Column, 2> way;
    std::vector<train::ConflictRecord> conflicts;
    XColumns conflictX;
    std::array<ConflictTrack, 2> conflictTracks;  // by source
    std::vector<train::EvaluationRecord> evaluations;
    XColumns evaluationX;
    std::map<train::SplitName, std::size_t> measured;
    std::map<std::tuple<int, std::string, train::SplitName>, Track> metrics;
    std::vector<train::EventRecord> events;
  };

  Content content_;
};

}  // namespace eq::widgets
