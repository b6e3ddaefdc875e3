#pragma once

#include <QVector>

#include "widgets/plots/pane_axes.h"

class QCPGraph;
class QCPGraphData;
class QCPScatterStyle;
class QPen;

namespace eq::widgets {

/// A graph over time that shows every point that can be shown: one between two gaps (NaN) or alone
/// has no line to lie on and is drawn as a dot.
class DottedGraph {
 public:
  explicit DottedGraph(const PaneAxes& axes);
  ~DottedGraph();
  DottedGraph(const DottedGraph&) = delete;
  DottedGraph& operator=(const DottedGraph&) = delete;

  QCPGraph& line() { return *line_; }
  const QCPGraph& line() const { return *line_; }
  const QCPGraph& dots() const { return *dots_; }

  /// Points behind all that are there; a value that is NaN ends a stretch.
  void add(const QVector<QCPGraphData>& points);
  void setLayer(const QString& layer);
  /// \param scatter of every point; without a shape only lone points are dots.
  void setStyle(const QPen& pen, const QCPScatterStyle& scatter);
  void setVisible(bool visible);

 private:
  QCPGraph* dots_;
  QCPGraph* line_;
  int stretch_ = 0;  ///< points since the last gap, counted up to 3
};

}  // namespace eq::widgets
