/// The ranges that a TimePlot shows.

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QAction>
#include <QScopedValueRollback>

#include "widgets/plots/axis_scale.h"
#include "widgets/plots/time_plot.h"

namespace eq::widgets {

std::vector<PlotLine*> TimePlot::linesOf(const TimePane& pane) const {
  std::vector<PlotLine*> out;
  for (const auto& line : drawn_)
    if (line->isVisible() && (!pane.task || line->spec().paneNumber() == *pane.task))
      out.push_back(line.get());
  return out;
}

XRange TimePlot::wholeRange() const {
  const Column& all = data().x(link().unit());
  XRange range{isLogX() ? std::numeric_limits<double>::max() : 0, all.empty() ? 0 : all.back()};
  for (const auto& line : drawn_) {
    const Column& x = *line->spec().x;
    if (x.empty()) continue;
    range.upper = std::max(range.upper, x.back());
    const auto positive = std::upper_bound(x.begin(), x.end(), 0.0);
    if (isLogX() && positive != x.end()) range.lower = std::min(range.lower, *positive);
  }
  if (!(range.upper > range.lower)) return {isLogX() ? 0.1 : 0, 1};
  return range;
}

void TimePlot::applyRange() {
  XRange range = link().range().value_or(wholeRange());
  if (!link().range()) range.upper += rightMargin() * (range.upper - range.lower);
  const QScopedValueRollback applying(applying_, true);
  for (const auto& pane : panes()) {
    pane->axes().x->setRange(range.lower, range.upper);
    if (!pane->ownY) applyExtent(*pane);
  }
  markBeyond();
  moveCursor();
}

std::optional<PlotLine::Extent> TimePlot::extentOf(const TimePane& pane) const {
  std::optional<PlotLine::Extent> all;
  if (!differs()) all = fixedExtent(pane.task);
  const QCPRange range = pane.axes().x->range();
  for (const PlotLine* line : linesOf(pane)) {
    const XRange shown{range.lower, range.upper};
    const auto whole = link().range() ? line->extent(shown) : line->extent();
    if (!whole) continue;
    const auto one = wholeY_->isChecked() ? *whole : line->withoutOutliers(*whole, shown);
    all = all ? PlotLine::Extent{std::min(all->lower, one.lower), std::max(all->upper, one.upper)}
              : one;
  }
  return all;
}

void TimePlot::applyExtent(TimePane& pane) {
  const auto extent = extentOf(pane);
  if (!extent || !std::isfinite(extent->upper - extent->lower)) return;
  const auto shown = withMargin(*extent, isLogY());
  pane.axes().y->setRange(shown.lower, shown.upper);
}

/// Not where the user chose the range: what lies beyond is his choice then.
void TimePlot::markBeyond() {
  beyond_ = 0;
  for (const auto& pane : panes())
    for (PlotLine* line : linesOf(*pane)) {
      if (pane->ownY)
        line->clearBeyond();
      else
        beyond_ += line->markBeyond();
    }
}

}  // namespace eq::widgets
