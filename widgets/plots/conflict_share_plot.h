#pragma once

#include "widgets/plots/time_plot.h"

namespace eq::widgets {

/// How many pairs of tasks conflict: the share of pairs with a cosine below 0 on each sampled step,
/// and its mean since the run began and over the last half of the samples (the conflict frequency).
class ConflictSharePlot : public TimePlot {
  Q_OBJECT

 public:
  ConflictSharePlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
  std::optional<PlotLine::Extent> fixedExtent(std::optional<int> task) const override;
};

/// The condition number of the matrix of the tasks' gradients on the sampled steps.
class ConditionPlot : public TimePlot {
  Q_OBJECT

 public:
  ConditionPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
};

}  // namespace eq::widgets
