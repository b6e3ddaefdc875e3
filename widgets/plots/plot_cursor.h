#pragma once

#include <optional>

#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_panel.h"

class QCPItemStraightLine;
class QCPItemText;

namespace eq::widgets {

/// The vertical line of the shared cursor with its x, on the layer "cursor": a buffer of its own,
/// so that moving it draws no curve again.
class PlotCursor {
 public:
  /// \param axes of a plot that has the layer.
  /// \param told whether x is written beside the line.
  PlotCursor(const PaneAxes& axes, bool told);
  ~PlotCursor();
  PlotCursor(const PlotCursor&) = delete;
  PlotCursor& operator=(const PlotCursor&) = delete;

  /// Adds the layer above all others.
  static void addLayer(QCustomPlot& plot);
  /// Puts it at x, or nowhere; seen when the layer is drawn the next time.
  void move(std::optional<double> x);
  void restyle(const PlotStyle& style);

 private:
  const PaneAxes axes_;
  const bool told_;
  QCPItemStraightLine* line_;
  QCPItemText* text_;
};

}  // namespace eq::widgets
