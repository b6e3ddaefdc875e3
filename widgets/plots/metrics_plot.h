#pragma once

#include "widgets/plots/best_marks.h"
#include "widgets/plots/interval_bars.h"
#include "widgets/plots/time_plot.h"

class QComboBox;

namespace eq::widgets {

/// The main metric of every task, each with axes of its own, or one metric of all tasks, over the
/// evaluations of one split or of all, which dashes and points tell apart. A ring at the best
/// evaluation of the validation split, and a bar for the bootstrap interval at the last evaluation
/// that has one.
class MetricsPlot : public TimePlot {
  Q_OBJECT

 public:
  MetricsPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Shows a metric by id; nothing changes when no evaluation holds it.
  void setMetric(const QString& id);

  /// Intervals of the lines that are shown.
  std::vector<IntervalBar> bars() const;
  /// The best evaluations of the lines that are shown.
  const std::vector<BestValue>& best() const { return best_.drawn(); }
  QString tipAt(std::optional<int> task, double x, double reach) const override;

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
  QString note() const override;
  bool isApart() const override;
  QString taskLabel(int task) const override;
  double rightMargin() const override { return bars().empty() && best().empty() ? 0 : 0.02; }
  std::optional<PlotLine::Extent> fixedExtent(std::optional<int> task) const override;
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;

 private:
  struct Shown {
    ShownRun run;
    int task = 0;  ///< of the run
    train::SplitName split = train::SplitName::validation;
    const Track* track = nullptr;
  };
  /// The tracks of the metric and the splits that are chosen, in the order of the lines.
  std::vector<Shown> shown() const;
  std::vector<Shown> shownOf(const ShownRun& run) const;
  /// The one that is shown of a run's task: the chosen one, or its main one.
  QString metricOf(const RunData& run, int task) const;
  std::vector<BestValue> bestShown() const;
  void drawMarks();
  void clearMarks();
  /// Offers the metrics that the evaluations hold, and keeps the choice.
  void offerMetrics();

  QComboBox* metric_;  ///< the main one of each task, then all by id
  QComboBox* split_;
  IntervalBars bars_;
  BestMarks best_;
};

}  // namespace eq::widgets
