#pragma once

#include "widgets/plots/time_plot.h"

class QCPItemStraightLine;
class QComboBox;

namespace eq::widgets {

/// The angle between every two tasks' gradients on the sampled steps; above 90 degrees they
/// conflict. One task's pairs or all of them.
class AnglesPlot : public TimePlot {
  Q_OBJECT

 public:
  AnglesPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
  std::optional<PlotLine::Extent> fixedExtent(std::optional<int> task) const override;
  void grow() override;
  void restyle(const PlotStyle& style) override;

 private:
  /// Offers the tasks of the first run, and keeps the choice where they are the same.
  void offerTasks();

  int taskOf(const RunData& run, int task) const;

  QComboBox* choice_;           ///< all pairs, then a task's
  QCPItemStraightLine* right_;  ///< at 90 degrees
};

}  // namespace eq::widgets
