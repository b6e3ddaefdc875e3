#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <iterator>
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
#include "widgets/session/columns.h"
#include "widgets/session/conflict_track.h"
#include "widgets/session/observed_track.h"

namespace eq::widgets {

/// One part of a task's loss, or a penalty of the model, at the steps that had it.
struct TermTrack {
  int task = 0;  ///< -1: the model's
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
  /// Whether another program made the run, which may have recorded less.
  bool isImported() const { return !empty() && experiment().data.id.empty(); }

  /// Columns with a number a step, all of the same length.
  const Column& x(XUnit unit) const { return content_.x.in(unit); }
  const XColumns& positions() const { return content_.x; }
  const Column& losses(int task) const { return content_.losses[static_cast<std::size_t>(task)]; }
  const Column& weights(int task) const { return content_.weights[static_cast<std::size_t>(task)]; }
  /// The parts of losses that have some, in order of their first step.
  const std::deque<TermTrack>& terms() const { return content_.terms; }
  /// The model's penalties, which stand beside the losses, in order of their first step.
  const std::deque<TermTrack>& penalties() const { return content_.penalties; }
  /// What the model recorded of itself, in order of the first step.
  const std::deque<ObservedTrack>& observed() const { return content_.observed; }
  /// L_k/L_k(0) relative to the mean of all tasks: above 1 a task that trains more slowly than the
  /// others. L_k(0) is its first finite loss; NaN where that is not positive, and without a loss.
  const Column& trainingRates(int task) const;
  const Column& learningRates() const { return content_.learningRates; }
  /// Where the losses of an analytic problem were taken: [x1, x2]; else empty.
  const std::array<Column, 2>& way() const { return content_.way; }

  /// Every sampled step, all sources, in order.
  const std::vector<train::ConflictRecord>& conflicts() const { return content_.conflicts; }
  const XColumns& conflictX() const { return content_.conflictX; }
  /// [task * task] What a step for task i alone does for the loss of task j, at every step that was
  /// looked ahead from: see train::affinities().
  const std::vector<Column>& affinities() const { return content_.affinities; }
  const XColumns& affinityX() const { return content_.affinityX; }
  /// The row of each in the track of its source.
  const std::vector<std::size_t>& conflictRows() const { return content_.conflictRows; }
  const ConflictTrack& conflictTrack(train::GradientSource source) const;
  /// Of the newest sample; exact without any.
  const ConflictTrack& newestConflictTrack() const;
  int pairCount() const { return pairCountOf(taskCount()); }
  std::pair<int, int> pairTasks(int pair) const { return tasksOfPair(pair, taskCount()); }

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
  void appendTerm(const train::TermRecord& term, const XPosition& position);
  void appendConflict(const train::StepRecord& step, const XPosition& position);
  void appendEvaluation(const train::EvaluationRecord& evaluation);
  void appendIntervals(const train::IntervalRecord& intervals);

  /// Everything but the signals' receivers.
  struct Content {
    train::Experiment experiment;
    std::vector<TaskInfo> tasks;
    XColumns x;
    std::vector<Column> losses, weights;  // [task][row]
    Column firstLosses;                   // [task] NaN until there is one
    mutable std::vector<Column> rates;    // [task], as far as they were asked for
    std::deque<TermTrack> terms, penalties;
    std::deque<ObservedTrack> observed;
    Column learningRates;
    std::array<Column, 2> way;
    std::vector<train::ConflictRecord> conflicts;
    XColumns conflictX;
    std::vector<std::size_t> conflictRows;
    std::array<ConflictTrack, std::size(train::kGradientSources)> conflictTracks;  // by source
    std::vector<Column> affinities;
    XColumns affinityX;
    std::vector<train::EvaluationRecord> evaluations;
    XColumns evaluationX;
    std::map<train::SplitName, std::size_t> measured;
    std::map<std::tuple<int, std::string, train::SplitName>, Track> metrics;
    std::vector<train::EventRecord> events;
  };

  Content content_;
};

}  // namespace eq::widgets
