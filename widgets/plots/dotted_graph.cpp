#include "widgets/plots/dotted_graph.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr double kLoneDot = 4;  // pixels, for a line of one

}  // namespace

DottedGraph::DottedGraph(const PaneAxes& axes)
    : dots_(axes.x->parentPlot()->addGraph(axes.x, axes.y)),
      line_(axes.x->parentPlot()->addGraph(axes.x, axes.y)) {
  dots_->setLineStyle(QCPGraph::lsNone);
  line_->setAdaptiveSampling(true);
}

DottedGraph::~DottedGraph() {
  QCustomPlot& plot = *line_->parentPlot();
  plot.removeGraph(line_);
  plot.removeGraph(dots_);
}

void DottedGraph::add(const QVector<QCPGraphData>& points) {
  auto& dots = *dots_->data();
  for (const QCPGraphData& point : points) {
    stretch_ = std::isnan(point.value) ? 0 : std::min(stretch_ + 1, 3);
    if (stretch_ == 1) dots.add(point);
    if (stretch_ == 2)  // the last dot has a neighbour now
      (dots.end() - 1)->value = std::numeric_limits<double>::quiet_NaN();
  }
  line_->data()->add(points, true);
}

void DottedGraph::setLayer(const QString& layer) {
  line_->setLayer(layer);
  dots_->setLayer(layer);
}

void DottedGraph::setStyle(const QPen& pen, const QCPScatterStyle& scatter) {
  line_->setPen(pen);
  line_->setScatterStyle(scatter);
  const double size = kLoneDot + pen.widthF() - 1;
  dots_->setScatterStyle(
      scatter.isNone() ? QCPScatterStyle(QCPScatterStyle::ssDisc, pen.color(), size) : scatter);
}

void DottedGraph::setVisible(bool visible) {
  line_->setVisible(visible);
  dots_->setVisible(visible);
}

}  // namespace eq::widgets
