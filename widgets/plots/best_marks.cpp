#include "widgets/plots/best_marks.h"

#include <cmath>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr double kRing = 12;  // pixels

}  // namespace

std::optional<std::size_t> bestRow(const Column& values, bool higher) {
  std::optional<std::size_t> best;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (!std::isfinite(values[row])) continue;
    if (!best || (higher ? values[row] > values[*best] : values[row] < values[*best])) best = row;
  }
  return best;
}

void BestMarks::clear() {
  for (QCPGraph* ring : rings_) ring->parentPlot()->removeGraph(ring);
  rings_.clear();
  drawn_.clear();
}

void BestMarks::draw(const std::vector<BestValue>& best, const PlotStyle& style,
                     const std::function<const PaneAxes&(int task)>& axesOf) {
  if (best == drawn_) return;
  clear();
  drawn_ = best;
  for (const BestValue& one : best) {
    const PaneAxes& axes = axesOf(one.task);
    QCPGraph* ring = axes.x->parentPlot()->addGraph(axes.x, axes.y);
    ring->setLineStyle(QCPGraph::lsNone);
    ring->setScatterStyle(
        {QCPScatterStyle::ssCircle,
         QPen(one.colour ? taskColour(style.theme, *one.colour) : plotColours(style.theme).text,
              style.lineWidth + 0.5),
         Qt::NoBrush, kRing});
    ring->addData(one.x, one.value / one.unit);
    rings_.push_back(ring);
  }
}

}  // namespace eq::widgets
