#pragma once

#include <vector>

#include "widgets/plots/pareto_trails.h"
#include "widgets/plots/plot_panel.h"

class QCPColorScale;
class QCPCurve;
class QCPMarginGroup;

namespace eq::widgets {

/// The points of a Pareto picture by a third value: it is their colour, on a scale beside the plot.
/// Those that no other dominates in all three are large and have an edge.
class ParetoColours {
 public:
  /// \param plot outlives this.
  explicit ParetoColours(QCustomPlot& plot) : plot_(plot) {}

  /// Draws these instead of those before. \param third what their z is.
  void draw(const std::vector<ParetoTrail>& trails, const metric::FrontAnswer& answer,
            const ParetoObjective& third);
  /// Takes points and scale away.
  void clear();
  void restyle(const PlotStyle& style);

 private:
  void makeScale(const ParetoObjective& third, double low, double high);
  QCPCurve* makePoints();
  void clearPoints();

  QCustomPlot& plot_;
  PlotStyle style_;
  QCPColorScale* scale_ = nullptr;
  QCPMarginGroup* margins_ = nullptr;
  struct Band {
    QCPCurve *front, *dominated;
  };
  std::vector<Band> bands_;  ///< equal parts of the range, from low to high
};

}  // namespace eq::widgets
