#include "widgets/plots/interval_bars.h"

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr double kWhisker = 9;  // pixels

}  // namespace

void IntervalBars::clear() {
  for (QCPErrorBars* item : items_) {
    QCPAbstractPlottable* middle = item->dataPlottable();
    QCustomPlot& plot = *item->parentPlot();
    plot.removePlottable(item);
    plot.removePlottable(middle);
  }
  items_.clear();
  drawn_.clear();
}

void IntervalBars::draw(const std::vector<IntervalBar>& bars, const PlotStyle& style,
                        const std::function<const PaneAxes&(int task)>& axesOf) {
  if (bars == drawn_) return;
  clear();
  drawn_ = bars;
  for (const IntervalBar& bar : bars) {
    const PaneAxes& axes = axesOf(bar.task);
    auto* middle = new QCPGraph(axes.x, axes.y);
    middle->setLineStyle(QCPGraph::lsNone);
    middle->addData(bar.x, (bar.low + bar.high) / 2);
    auto* item = new QCPErrorBars(axes.x, axes.y);
    item->setDataPlottable(middle);
    item->addData((bar.high - bar.low) / 2);
    item->setPen(QPen(taskColour(style.theme, bar.colour), style.lineWidth + 0.5));
    item->setWhiskerWidth(kWhisker);
    item->setSymbolGap(0);
    items_.push_back(item);
  }
}

}  // namespace eq::widgets
