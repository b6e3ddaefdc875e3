#pragma once

#include <optional>

#include "widgets/plots/plot_panel.h"

class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;

namespace eq::widgets {

/// The vertical line of the shared cursor with its x, on the layer "cursor": a buffer of its own,
/// so that moving it draws no curve again.
class PlotCursor {
 public:
  /// Adds the layer above all others.
  explicit PlotCursor(QCustomPlot& plot);

  /// Draws it at x, or not at all.
  void move(std::optional<double> x);
  void restyle(const PlotStyle& style);

 private:
  QCustomPlot& plot_;
  QCPItemStraightLine* line_;
  QCPItemText* text_;
};

}  // namespace eq::widgets
