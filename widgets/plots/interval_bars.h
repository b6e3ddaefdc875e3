#pragma once

#include <functional>
#include <vector>

#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_panel.h"

class QCPErrorBars;

namespace eq::widgets {

/// The interval of a task's value at x.
struct IntervalBar {
  int task = 0;
  double x = 0, low = 0, high = 0;
  int colour = 0;  ///< index of the task colour
  bool operator==(const IntervalBar&) const = default;
};

/// Vertical bars with whiskers.
class IntervalBars {
 public:
  /// Draws these instead of those before; nothing where they are the same.
  void draw(const std::vector<IntervalBar>& bars, const PlotStyle& style,
            const std::function<const PaneAxes&(int task)>& axesOf);
  void clear();

 private:
  std::vector<IntervalBar> drawn_;
  std::vector<QCPErrorBars*> items_;
};

}  // namespace eq::widgets
