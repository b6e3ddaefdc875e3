#pragma once

#include "widgets/plots/time_plot.h"

namespace eq::widgets {

/// The norms of the tasks' gradients on the sampled steps, each line labelled with where they were
/// taken.
class GradientNormsPlot : public TimePlot {
  Q_OBJECT

 public:
  GradientNormsPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
};

}  // namespace eq::widgets
