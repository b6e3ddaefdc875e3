#pragma once

#include <optional>

#include "core/base/two_valleys.h"
#include "widgets/plots/plot_panel.h"

class QCPColorMap;
class QCPCurve;

namespace eq::widgets {

class ForkAction;

/// The way of a run through the plane of two_valleys, over the mean of its two losses, with the
/// Pareto front. The shared cursor shows where the run was.
class TrajectoryPlot : public PlotPanel {
  Q_OBJECT

 public:
  TrajectoryPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Whether an experiment has a plane to show.
  static bool fits(const train::Experiment& experiment);

  std::vector<Series> series() const override;
  std::vector<CursorValue> valuesAtCursor() const override;

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;
  void prepareMenu(const std::optional<QPointF>& place) override;

 private:
  void makeMap();
  QCPCurve* makeCurve(const QString& name, const QString& layer);
  void drawPlane(const TwoValleys& plane);
  void growWay();
  void moveCursor();
  void showWhole();
  std::optional<std::size_t> rowAtCursor() const;
  /// Of the point of the way nearest to a place in pixels; nothing: none is near.
  std::optional<std::size_t> rowNear(const QPointF& place) const;

  ForkAction* fork_;
  QCPColorMap* map_ = nullptr;
  QCPCurve* front_ = nullptr;
  QCPCurve* way_ = nullptr;
  QCPCurve* start_ = nullptr;
  QCPCurve* now_ = nullptr;
  QCPCurve* cursor_ = nullptr;
  std::size_t count_ = 0;  ///< points of the way that were looked at
};

}  // namespace eq::widgets
