#pragma once

#include "widgets/plots/time_plot.h"

class QCPItemStraightLine;
class QComboBox;

namespace eq::widgets {

/// What is measured of every two tasks' gradients, on the sampled steps: the angle (above 90
/// degrees they conflict), the magnitude similarity or the curvature bound. One task's pairs, all
/// of them, or, as at first where there are many, those with the lowest mean cosine.
class PairsPlot : public TimePlot {
  Q_OBJECT

 public:
  PairsPlot(PairQuantity quantity, const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
  QString note() const override;
  std::optional<PlotLine::Extent> fixedExtent(std::optional<int> task) const override;
  void grow() override;
  void restyle(const PlotStyle& style) override;

 private:
  /// Offers the tasks of the first run, and keeps the choice where they are the same.
  void offerTasks();
  bool isWorst() const;
  int taskOf(const RunData& run, int task) const;
  std::vector<int> pairsOf(const RunData& run) const;

  const PairQuantity quantity_;
  QComboBox* choice_;          ///< its data: a task, or -1 for all pairs, -2 for the worst
  QCPItemStraightLine* even_;  ///< where gradients are at right angles
};

}  // namespace eq::widgets
