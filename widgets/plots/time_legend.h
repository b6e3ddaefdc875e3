#pragma once

#include <memory>
#include <vector>

#include <QStringList>

#include "widgets/plots/plot_panel.h"

class QCPGraph;
class QCustomPlot;
class QPoint;

namespace eq::widgets {

/// The legend of a TimePlot: above the panes, where it hides no data, in as many columns as fit,
/// with the lines' values at the cursor. Names that have no room lose their middle. A click on a
/// name hides its lines; the name stays, pale, to be clicked again.
class TimeLegend {
 public:
  /// \param plot has the layer "cursor", on which the values are drawn.
  explicit TimeLegend(QCustomPlot& plot);
  ~TimeLegend();

  /// An entry behind the others; gone with its graph. \param name in full, for its tip.
  /// \param brief what of it tells it from the others.
  void add(QCPGraph& graph, const QString& name, const QString& brief);
  /// An entry that shows dashes alone. \returns a graph without points, which the legend keeps.
  QCPGraph& addSample(const QString& name, Qt::PenStyle dashes);
  void clear();
  /// A text for every entry, in their order; none: no values. Seen when the layer is drawn again.
  void setValues(const QStringList& values);
  /// As wide as the plot, or as the style's figure, which shows no values; not shown where it would
  /// take too many rows even so.
  void wrap(const PlotStyle& style);
  /// \param shown for every entry, in their order; the others are pale.
  void restyle(const PlotStyle& style, const std::vector<bool>& shown);
  const QStringList& values() const;
  /// The whole name of the entry at a point of the plot; empty without one.
  QString nameAt(const QPoint& point) const;

 private:
  class Values;
  int mostRows(const PlotStyle& style) const;
  void fit(int width, int columns, int room);

  QCustomPlot& plot_;
  std::unique_ptr<Values> values_;
  std::vector<QCPGraph*> samples_;
};

}  // namespace eq::widgets
