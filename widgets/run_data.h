#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <QColor>
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
QString toText(XUnit unit);  ///< "Step", "Epoch", "Examples", "Wall time (s)"

/// Everything that one run has recorded, in columns that only grow. Lives in the GUI thread.
class RunData : public QObject {
  Q_OBJECT

 public:
  explicit RunData(QObject* parent = nullptr);

  /// Forgets everything and begins a run. Emits restarted().
  void start(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks);
  /// After a command changed it. Emits experimentChanged().
  void setExperiment(const train::Experiment& experiment);
  /// Adds what happened since; steps must increase. Emits changed().
  void append(const run::Records& records);
  /// Adds a position of an analytic problem such as two_valleys, after `step` updates. Emits
  /// nothing: call append afterwards.
  void addPoint(std::int64_t step, double x1, double x2);

  const train::Experiment& experiment() const { return experiment_; }
  const std::vector<TaskInfo>& tasks() const { return tasks_; }
  int taskCount() const { return static_cast<int>(tasks_.size()); }
  QString taskName(int task) const;
  bool empty() const { return steps().empty() && evaluations_.empty(); }

  /// One number a step, all of the same length.
  const Column& x(XUnit unit) const { return x_[static_cast<std::size_t>(unit)]; }
  const Column& steps() const { return x(XUnit::step); }
  const Column& losses(int task) const { return losses_[static_cast<std::size_t>(task)]; }
  const Column& weights(int task) const { return weights_[static_cast<std::size_t>(task)]; }
  const Column& learningRates() const { return learningRates_; }

  struct Conflict {
    std::int64_t step = 0;
    train::ConflictRecord values;
  };
  const std::vector<Conflict>& conflicts() const { return conflicts_; }
  const std::vector<train::EvaluationRecord>& evaluations() const { return evaluations_; }
  const std::vector<train::EventRecord>& events() const { return events_; }

  /// The way through the plane, of an analytic problem; else empty.
  struct Way {
    Column steps, x1, x2;
  };
  const Way& way() const { return way_; }

  /// Ids of the metrics that any evaluation holds for the task, sorted; "loss" first.
  QStringList metricIds(int task) const;
  /// Where a step lies on the axis: that of the last recorded step up to it; 0 before the first.
  double xAt(std::int64_t step, XUnit unit) const;
  /// The row of the last recorded step with x <= `position`; none before the first.
  std::optional<std::size_t> rowAt(double position, XUnit unit) const;

 signals:
  void restarted();
  void changed();
  void experimentChanged();

 private:
  void appendStep(const train::StepRecord& step);

  train::Experiment experiment_;
  std::vector<TaskInfo> tasks_;
  Column x_[4];
  std::vector<Column> losses_, weights_;  // [task][row]
  Column learningRates_;
  std::vector<Conflict> conflicts_;
  std::vector<train::EvaluationRecord> evaluations_;
  std::vector<train::EventRecord> events_;
  Way way_;
};

}  // namespace eq::widgets
