#pragma once

#include "widgets/time_plot.h"

class QComboBox;

namespace eq::widgets {

/// One metric of every task over the evaluations of one split, or of all splits.
class MetricsPlot : public TimePlot {
  Q_OBJECT

 public:
  MetricsPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Shows a metric by id; nothing changes when no evaluation holds it.
  void setMetric(const QString& id);

 protected:
  std::vector<LineSpec> lines() const override;
  QString yLabel() const override;
  QString hint() const override;
  void grow() override;

 private:
  /// Offers the metrics that the evaluations hold, and keeps the choice.
  void offerMetrics();

  QComboBox* metric_;
  QComboBox* split_;
};

}  // namespace eq::widgets
