#pragma once

#include <vector>

#include "widgets/plots/plot_panel.h"

class QCPColorMap;
class QCPItemText;
class QSlider;

namespace eq::widgets {

/// The cosines between all tasks' gradients as a heat map: blue agrees, orange conflicts. A slider
/// walks through the sampled steps; at its right end it follows the run.
class CosinesPlot : public PlotPanel {
  Q_OBJECT

 public:
  CosinesPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Every pair's cosine over the sampled steps.
  std::vector<Series> series() const override;
  /// Shows the sample of this index; the last one goes on with the run.
  void setSample(int index);

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  void makeMap();
  void makeCells();
  void sampleChosen(int index);
  void fillCells();
  int shownSample() const;

  QSlider* slider_;
  QCPColorMap* map_ = nullptr;
  std::vector<QCPItemText*> cells_;  ///< [task * task], row by row
  bool follows_ = true;
};

}  // namespace eq::widgets
