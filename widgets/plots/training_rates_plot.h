#pragma once

#include "widgets/plots/time_plot.h"

namespace eq::widgets {

/// How far each task's loss is of its first value, relative to the mean of all tasks (GradNorm's
/// relative inverse training rate): above 1 a task that trains more slowly than the others.
class TrainingRatesPlot : public TimePlot {
  Q_OBJECT

 public:
  TrainingRatesPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
};

}  // namespace eq::widgets
