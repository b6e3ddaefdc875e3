#pragma once

#include <optional>
#include <vector>

#include "core/loss/curve.h"
#include "widgets/plots/plot_panel.h"

class QCPAxisRect;
class QCPBars;
class QCPGraph;
class QCPItemLine;
class QCPItemText;

namespace eq::widgets {

/// A loss as it is drawn.
struct DrawnLoss {
  QString name;
  int colour = 0;
  loss::Curve curve;
  bool pinned = false;  ///< drawn pale: a state that was kept to compare with
};

/// Where a run's examples are on the axis.
struct AxisExamples {
  QString label;  ///< "left, 4,000 validation examples at step 120"
  std::vector<double> positions;
};

/// Losses along one axis of predictions: values by the left axis, slopes (dashed) by the right one,
/// and below them the histogram of the run's examples. The mouse reads off values.
class LossCurvePlot : public PlotPanel {
  Q_OBJECT

 public:
  LossCurvePlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  void setAxis(const loss::CurveAxis& axis);
  /// Redraws at once.
  void setLosses(std::vector<DrawnLoss> losses);
  void setExamples(const std::optional<AxisExamples>& examples);

  /// Values and slopes of every curve that is drawn.
  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override {}
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  void makeHistogram();
  void placeLegend();
  void drawCurves();
  void drawHistogram();
  void scaleAxes();
  void moveCursor(double x);
  void hideCursor();
  QString readout(double x) const;
  QCPGraph* addGraph(const DrawnLoss& loss, bool slope);

  loss::CurveAxis axis_;
  std::vector<DrawnLoss> losses_;
  std::optional<AxisExamples> examples_;
  std::vector<QCPGraph*> values_, slopes_;
  QCPAxisRect* lower_ = nullptr;
  QCPBars* bars_ = nullptr;
  QCPItemLine* cursor_ = nullptr;
  QCPItemText* text_ = nullptr;
};

}  // namespace eq::widgets
