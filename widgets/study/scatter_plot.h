#pragma once

#include <filesystem>
#include <set>
#include <vector>

#include "widgets/plots/plot_panel.h"
#include "widgets/session/run_quantity.h"

class QAction;
class QCPCurve;
class QMouseEvent;
class QRect;

namespace eq::widgets {

class QuantityBox;

/// Any two quantities of runs against each other, a point a run. A click chooses the run under the
/// mouse, with Ctrl another one as well; a box drawn with Shift chooses what is inside; a double
/// click opens the run.
class ScatterPlot : public PlotPanel {
  Q_OBJECT

 public:
  using Folders = std::vector<std::filesystem::path>;

  ScatterPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  void setRuns(const std::vector<study::IndexedRunPtr>& runs);
  void setChosen(const Folders& folders);
  void setQuantities(const QString& x, const QString& y);
  void setLogX(bool logarithmic);
  void setLogY(bool logarithmic);

  /// Runs that are drawn.
  std::size_t pointCount() const { return drawn_.size(); }
  /// What is told of the run nearest to a place in pixels of the plot; empty: none is near.
  QString tipAt(const QPointF& place) const;
  /// Where a run's point lies, in pixels; nothing: it is not drawn.
  std::optional<QPointF> placeOf(const std::filesystem::path& folder) const;

  std::vector<Series> series() const override;

 signals:
  void chosen(const std::vector<std::filesystem::path>& folders);

 protected:
  void grow() override;
  void restart() override {}
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  void makeMouse();
  void pressed(const QMouseEvent& event);
  void released(const QMouseEvent& event);
  void chooseIn(const QRect& box);
  void moved(const QMouseEvent& event);
  void setAxes();
  void tell();
  /// Place in `drawn_`.
  std::optional<std::size_t> nearest(const QPointF& place) const;
  const study::IndexedRun& run(std::size_t drawn) const { return *runs_[drawn_[drawn]]; }

  QuantityBox *xBox_, *yBox_;
  QAction *logX_, *logY_;
  QCPCurve *points_, *chosenPoints_;
  std::vector<study::IndexedRunPtr> runs_;
  std::set<std::filesystem::path> chosen_;
  QuantityValues x_, y_;
  std::vector<std::size_t> drawn_;  ///< places in `runs_`
  std::size_t missing_ = 0, beyond_ = 0;
  QPointF press_;
};

}  // namespace eq::widgets
