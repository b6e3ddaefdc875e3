#pragma once

#include "widgets/plots/time_plot.h"

namespace eq::widgets {

/// The effective weight of every task, whatever method gave it: the update is d = J^T w.
class WeightsPlot : public TimePlot {
  Q_OBJECT

 public:
  WeightsPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
};

}  // namespace eq::widgets
