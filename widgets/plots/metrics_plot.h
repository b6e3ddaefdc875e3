#pragma once

#include "widgets/plots/time_plot.h"

class QComboBox;
class QCPErrorBars;

namespace eq::widgets {

/// One metric of every task over the evaluations of one split, or of all splits; with a bar for the
/// bootstrap interval at the last evaluation that has one.
class MetricsPlot : public TimePlot {
  Q_OBJECT

 public:
  MetricsPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Shows a metric by id; nothing changes when no evaluation holds it.
  void setMetric(const QString& id);

  /// The interval of a task's value at x.
  struct Bar {
    int task = 0;
    double x = 0, low = 0, high = 0;
    bool operator==(const Bar&) const = default;
  };
  /// Those of the lines that are shown.
  std::vector<Bar> bars() const;

 protected:
  std::vector<LineSpec> lines() const override;
  QString yLabel() const override;
  QString hint() const override;
  QString note() const override;
  double rightMargin() const override { return bars().empty() ? 0 : 0.015; }
  std::optional<PlotLine::Extent> fixedExtent(std::optional<int> task) const override;
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;

 private:
  struct Shown {
    int task = 0;
    train::SplitName split = train::SplitName::validation;
    const Track* track = nullptr;
  };
  /// The tracks of the metric and the splits that are chosen, in the order of the lines.
  std::vector<Shown> shown() const;
  void drawBars();
  void clearBars();
  /// Offers the metrics that the evaluations hold, and keeps the choice.
  void offerMetrics();

  QComboBox* metric_;
  QComboBox* split_;
  std::vector<Bar> drawnBars_;
  std::vector<QCPErrorBars*> barItems_;
};

}  // namespace eq::widgets
