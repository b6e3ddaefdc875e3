/// What the mouse does in a TimePlot.

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

#include "widgets/plots/time_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kEventReach = 5;   // pixels
constexpr int kLeastBox = 6;        // pixels; a smaller box was no intention
constexpr double kZoomStep = 0.85;  // of the range, a notch of the wheel

/// Of the same width inside `whole`; none where it would hold all of it.
std::optional<XRange> within(const XRange& whole, XRange range, bool logarithmic) {
  if (range.lower <= whole.lower && range.upper >= whole.upper) return std::nullopt;
  const auto to = [logarithmic](double x) { return logarithmic ? std::log10(x) : x; };
  const auto from = [logarithmic](double x) { return logarithmic ? std::pow(10, x) : x; };
  const double width = to(range.upper) - to(range.lower);
  if (range.lower < whole.lower) range = {whole.lower, from(to(whole.lower) + width)};
  if (range.upper > whole.upper) range = {from(to(whole.upper) - width), whole.upper};
  return XRange{std::max(range.lower, whole.lower), range.upper};
}

double nearestStep(const Column& steps, double x) {
  const auto after = std::lower_bound(steps.begin(), steps.end(), x);
  if (after == steps.begin()) return steps.empty() ? x : steps.front();
  if (after == steps.end()) return steps.back();
  return x - *(after - 1) <= *after - x ? *(after - 1) : *after;
}

}  // namespace

QString TimePlot::gestures() {
  return tr(
      "Double click: the whole run. Drag: along the x axis. Wheel: zoom "
      "x, with Shift y. "
      "Ctrl and drag: zoom into a box. Click on a name in the legend: "
      "hide or show it. "
      "Right click: menu, with a fork of the run from that step.");
}

void TimePlot::connectMouse() {
  plot().installEventFilter(this);
  connect(&plot(), &QCustomPlot::mousePress, this, &TimePlot::mousePressed);
  connect(&plot(), &QCustomPlot::mouseMove, this, &TimePlot::mouseMoved);
  connect(plot().selectionRect(), &QCPSelectionRect::accepted, this, &TimePlot::zoomInto);
  connect(&plot(), &QCustomPlot::beforeReplot, this, [this] {
    legend_->wrap(style());
    arrangePanes();
  });
  connect(&plot(), &QCustomPlot::mouseDoubleClick, &link(), &PlotLink::follow);
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(&plot(), &QCustomPlot::legendClick, this,
          [this](QCPLegend*, QCPAbstractLegendItem* item) {
            auto* entry = qobject_cast<QCPPlottableLegendItem*>(item);
            if (!entry) return;
            for (const Named& named : named_)
              if (named.graph == entry->plottable()) return toggle(named);
          });
}

void TimePlot::connectPane(TimePane& pane) {
  connect(pane.axes().x, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
          [this](const QCPRange& range) {
            if (!applying_) rangeMoved({range.lower, range.upper});
          });
}

/// Dragging and zooming stop at the data.
void TimePlot::rangeMoved(const XRange& range) {
  const auto inside = within(wholeRange(), range, isLogX());
  link().setRange(inside);
  if (inside != range) refresh();  // the axis that went beyond comes back
}

void TimePlot::mousePressed(QMouseEvent* event) {
  const bool box = event->button() == Qt::LeftButton && event->modifiers() == Qt::ControlModifier;
  boxed_ = box ? grid_->paneAt(event->position()) : nullptr;
  plot().setSelectionRectMode(boxed_ ? QCP::srmCustom : QCP::srmNone);
}

void TimePlot::zoomInto(const QRect& box) {
  if (!boxed_) return;
  const PaneAxes& axes = boxed_->axes();
  const QRect inside = box.normalized() & boxed_->rect().rect();
  if (inside.width() < kLeastBox || inside.height() < kLeastBox) return;
  const XRange range{axes.x->pixelToCoord(inside.left()), axes.x->pixelToCoord(inside.right())};
  boxed_->ownY = true;
  axes.y->setRange(axes.y->pixelToCoord(inside.bottom()), axes.y->pixelToCoord(inside.top()));
  rangeMoved(range);
  link().zoomY();
}

/// Of the run that has one next to x.
double TimePlot::nearestStepOfAll(double x) const {
  std::optional<double> best;
  for (const ShownRun& run : runs()) {
    const double step = nearestStep(run.data->x(link().unit()), x);
    if (!best || std::abs(step - x) < std::abs(*best - x)) best = step;
  }
  return best.value_or(x);
}

/// The cursor stands on steps.
void TimePlot::mouseMoved(QMouseEvent* event) {
  const TimePane* pane = grid_->paneAt(event->position());
  hovered_ = pane ? pane->task : std::nullopt;
  if (!pane) {
    QToolTip::showText(event->globalPosition().toPoint(),
                       plainToolTip(legend_->nameAt(event->pos())), &plot());
    return link().setCursor(std::nullopt);
  }
  const QCPAxis& axis = *pane->axes().x;
  const double x = axis.pixelToCoord(event->position().x());
  link().setCursor(nearestStepOfAll(x));
  const double reach = std::abs(axis.pixelToCoord(event->position().x() + kEventReach) - x);
  QStringList tips{tipAt(pane->task, x, reach),
                   EventMarks::textsNear(data(), link().unit(), x, reach)};
  tips.removeAll(QString());
  QToolTip::showText(event->globalPosition().toPoint(), plainToolTip(tips.join('\n')), &plot());
}

bool TimePlot::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::Leave) {
    hovered_.reset();
    link().setCursor(std::nullopt);
  }
  if (event->type() == QEvent::Wheel && zoomY(static_cast<QWheelEvent&>(*event))) return true;
  return PlotPanel::eventFilter(object, event);
}

bool TimePlot::zoomY(const QWheelEvent& event) {
  TimePane* pane = grid_->paneAt(event.position());
  if (!pane || !event.modifiers().testFlag(Qt::ShiftModifier)) return false;
  const int delta = event.angleDelta().y() != 0 ? event.angleDelta().y() : event.angleDelta().x();
  pane->ownY = true;
  pane->axes().y->scaleRange(std::pow(kZoomStep, delta / 120.0),
                             pane->axes().y->pixelToCoord(event.position().y()));
  link().zoomY();
  return true;
}

}  // namespace eq::widgets
