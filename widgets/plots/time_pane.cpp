#include "widgets/plots/time_pane.h"

#include <algorithm>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr int kMostTicks = 5;
constexpr int kTickWidth = 60, kTickHeight = 32;  // pixels of the pane for each

}  // namespace

TimePane::TimePane(QCPAxisRect& rect, bool first)
    : rect_(rect), axes_(prepared(rect)), events_(axes_), cursor_(axes_, first) {}

PaneAxes TimePane::prepared(QCPAxisRect& rect) {
  const PaneAxes axes{rect.axis(QCPAxis::atBottom), rect.axis(QCPAxis::atLeft),
                      rect.axis(QCPAxis::atRight)};
  rect.setMinimumMargins({10, 8, 14, 6});
  rect.setRangeDrag(Qt::Horizontal);
  rect.setRangeZoom(Qt::Horizontal);
  for (QCPAxis* axis : rect.axes()) {
    axis->setLayer("axes");
    axis->grid()->setLayer("grid");
    axis->setNumberFormat("gb");
  }
  axes.edge->setRange(0, 1);
  axes.edge->setVisible(false);
  return axes;
}

void TimePane::restyle(const PlotStyle& style) {
  events_.restyle(style);
  cursor_.restyle(style);
}

void TimePane::setTicksFor(const QSize& size) {
  axes_.x->ticker()->setTickCount(std::clamp(size.width() / kTickWidth, 2, kMostTicks));
  axes_.y->ticker()->setTickCount(std::clamp(size.height() / kTickHeight, 2, kMostTicks));
}

void TimePane::setXShown(bool shown, const QString& label) {
  axes_.x->setTickLabels(shown);
  axes_.x->setLabel(shown ? label : QString());
}

}  // namespace eq::widgets
