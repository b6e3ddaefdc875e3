#pragma once

#include "widgets/plots/plot_panel.h"

class QCustomPlot;

namespace eq::widgets {

/// The legend of a TimePlot: above the panes, where it hides no data, in as many columns as fit. A
/// click on a name hides its line; the name stays, pale, to be clicked again.
class TimeLegend {
 public:
  explicit TimeLegend(QCustomPlot& plot);

  /// As wide as the plot, or as the style's figure; not shown where it would take too many rows.
  void wrap(const PlotStyle& style);
  /// Pale for lines that are hidden.
  void restyle(const PlotStyle& style);

 private:
  QCustomPlot& plot_;
};

}  // namespace eq::widgets
