#pragma once

#include "widgets/plots/time_plot.h"

namespace eq::widgets {

/// The raw losses of the batches, pale, under their smoothed lines; those of the validation split
/// as discs.
class LossesPlot : public TimePlot {
  Q_OBJECT

 public:
  LossesPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
};

}  // namespace eq::widgets
