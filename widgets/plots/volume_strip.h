#pragma once

#include "widgets/plots/pareto_trails.h"
#include "widgets/plots/plot_panel.h"

class QCPAxisRect;
class QCPGraph;

namespace eq::widgets {

/// A strip below a Pareto picture: how the hypervolume of all its points grew with the steps.
class VolumeStrip {
 public:
  /// \param plot outlives this.
  explicit VolumeStrip(QCustomPlot& plot) : plot_(plot) {}

  bool isShown() const { return rect_ != nullptr; }
  void setShown(bool shown);
  void draw(const VolumeTrack& track);
  void restyle(const PlotStyle& style);

 private:
  QCustomPlot& plot_;
  QCPAxisRect* rect_ = nullptr;
  QCPGraph* graph_ = nullptr;
};

}  // namespace eq::widgets
