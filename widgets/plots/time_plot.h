#pragma once

#include <memory>
#include <vector>

#include <QSet>

#include "widgets/plots/event_marks.h"
#include "widgets/plots/plot_cursor.h"
#include "widgets/plots/plot_line.h"
#include "widgets/plots/plot_panel.h"

class QMouseEvent;
class QWheelEvent;

namespace eq::widgets {

/// A plot of lines over time. Shares cursor, range and unit of the x axis with all others; shows
/// events; follows the run until the user drags or zooms (double click: follow again; Shift and
/// wheel: the y axis alone). To add one: derive, answer lines(), yLabel() and hint(), add it in
/// plot_area.cpp.
class TimePlot : public PlotPanel {
  Q_OBJECT

 public:
  TimePlot(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);
  ~TimePlot() override;

  std::vector<Series> series() const override;
  std::vector<CursorValue> valuesAtCursor() const override;

  bool isLogX() const;
  bool isLogY() const;
  void setLogX(bool logarithmic);
  void setLogY(bool logarithmic);
  std::size_t eventMarkCount() const { return events_->size(); }
  const std::vector<std::unique_ptr<PlotLine>>& drawnLines() const { return drawn_; }

 protected:
  /// What there is to draw now; a line may be added when its first point comes.
  virtual std::vector<LineSpec> lines() const = 0;
  virtual QString yLabel() const = 0;
  /// Said beside the counts of points; by default nothing.
  virtual QString note() const { return {}; }
  /// Share of the x range that stays free at the right while the plot follows the run.
  virtual double rightMargin() const { return 0; }
  /// A range of values that is always shown; by default none.
  virtual std::optional<PlotLine::Extent> fixedExtent() const { return std::nullopt; }

  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void makeAxes();
  void placeLegend();
  void wrapLegend();
  void connectMouse();
  void scaleX();
  void scaleY();
  void updateLines();
  void applyRange();
  void applyExtent();
  XRange wholeRange() const;
  std::optional<PlotLine::Extent> extentOf(const XRange& range) const;
  void updateCountsShown();
  void mouseMoved(QMouseEvent* event);
  bool zoomY(const QWheelEvent& event);
  void toggle(const QString& name);
  void showHidden();

  std::unique_ptr<PlotCursor> cursor_;
  std::unique_ptr<EventMarks> events_;
  std::vector<std::unique_ptr<PlotLine>> drawn_;
  QSet<QString> hidden_;  ///< names of lines that the user hid in the legend
  QToolButton* logX_ = nullptr;
  QToolButton* logY_ = nullptr;
  bool applying_ = false;  ///< the x range is being set from the link
  bool ownY_ = false;      ///< the user chose the y range
};

}  // namespace eq::widgets
