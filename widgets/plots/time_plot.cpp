#include "widgets/plots/time_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QScopedValueRollback>
#include <QToolButton>
#include <QToolTip>
#include <QWheelEvent>

#include "widgets/plots/axis_scale.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kEventReach = 5;  // pixels
constexpr int kLegendRows = 5;
constexpr double kZoomStep = 0.85;  // of the range, a notch of the wheel

/// In pgfplots' names.
const char* markOf(LineSpec::Look look) {
  switch (look) {
    case LineSpec::Look::discs:
      return "*";
    case LineSpec::Look::circles:
      return "o";
    case LineSpec::Look::squares:
      return "square*";
    default:
      return "";
  }
}

}  // namespace

TimePlot::TimePlot(const QString& title, const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(title, data, link, parent) {
  makeAxes();
  cursor_ = std::make_unique<PlotCursor>(plot());
  events_ = std::make_unique<EventMarks>(plot(), plot().yAxis2);
  logX_ = addToggle(tr("Log x"), tr("Logarithmic x axis"));
  logY_ = addToggle(tr("Log y"), tr("Logarithmic y axis"));
  connect(logX_, &QToolButton::toggled, this, &TimePlot::scaleX);
  connect(logY_, &QToolButton::toggled, this, &TimePlot::scaleY);
  connectMouse();
  connect(&data, &RunData::restarted, this, [this] {
    hidden_.clear();
    showHidden();
  });
  connect(&link, &PlotLink::cursorChanged, this, [this] { cursor_->move(this->link().cursor()); });
  connect(&link, &PlotLink::unitChanged, this, &TimePlot::startAgain);
  connect(&link, &PlotLink::rangeChanged, this, &TimePlot::refresh);
  connect(&link, &PlotLink::followed, this, [this] { ownY_ = false; });
  connect(&link, &PlotLink::smoothingChanged, this, [this] {
    const auto smoothed = [](const auto& line) {
      return line->spec().look == LineSpec::Look::smoothed;
    };
    if (std::any_of(drawn_.begin(), drawn_.end(), smoothed)) startAgain();
  });
}

TimePlot::~TimePlot() = default;

void TimePlot::makeAxes() {
  plot().addLayer("events", plot().layer("grid"));
  plot().layer("events")->setMode(QCPLayer::lmBuffered);
  plot().addLayer("ghosts", plot().layer("events"));
  plot().addLayer("marks", plot().layer("axes"));
  plot().yAxis2->setRange(0, 1);
  plot().yAxis2->setVisible(false);
  plot().axisRect()->setRangeDrag(Qt::Horizontal);
  plot().axisRect()->setRangeZoom(Qt::Horizontal);
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  for (QCPAxis* axis : {plot().xAxis, plot().yAxis}) axis->setNumberFormat("gb");
  placeLegend();
}

/// Above the plot, where it hides no data, at the left.
void TimePlot::placeLegend() {
  auto* row = new QCPLayoutGrid;
  plot().plotLayout()->insertRow(0);
  plot().plotLayout()->addElement(0, 0, row);
  plot().axisRect()->insetLayout()->take(plot().legend);
  row->addElement(0, 0, plot().legend);
  row->addElement(0, 1, new QCPLayoutInset);  // takes the rest of the width
  row->setColumnStretchFactor(0, 0.001);
  plot().plotLayout()->setRowStretchFactor(0, 0.001);
  plot().plotLayout()->setRowSpacing(0);
  plot().legend->setFillOrder(QCPLegend::foColumnsFirst);
  plot().legend->setMargins({8, 6, 8, 0});
  plot().legend->setColumnSpacing(12);
}

/// As many columns as fit; no legend where it would take more than kLegendRows.
void TimePlot::wrapLegend() {
  QCPLegend& legend = *plot().legend;
  int widest = 1, items = 0;
  for (int i = 0; i < legend.itemCount(); ++i) {
    if (!legend.item(i)) continue;  // an empty cell of the last row
    widest = std::max(widest, legend.item(i)->minimumOuterSizeHint().width());
    ++items;
  }
  const int width = style().width > 0 ? style().width : plot().viewport().width();
  const int columns = std::max(width / (widest + legend.columnSpacing()), 1);
  if (columns != legend.wrap()) {
    legend.setWrap(columns);
    legend.setFillOrder(QCPLegend::foColumnsFirst, true);
  }
  legend.setVisible(style().legend && items > 0 && items <= columns * kLegendRows);
}

void TimePlot::connectMouse() {
  plot().installEventFilter(this);
  connect(&plot(), &QCustomPlot::mouseMove, this, &TimePlot::mouseMoved);
  connect(&plot(), &QCustomPlot::beforeReplot, this, &TimePlot::wrapLegend);
  connect(&plot(), &QCustomPlot::mouseDoubleClick, &link(), &PlotLink::follow);
  connect(plot().xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
          [this](const QCPRange& range) {
            if (!applying_) link().setRange(XRange{range.lower, range.upper});
          });
  connect(&plot(), &QCustomPlot::legendClick, this,
          [this](QCPLegend*, QCPAbstractLegendItem* item) {
            auto* entry = qobject_cast<QCPPlottableLegendItem*>(item);
            if (!entry) return;
            for (auto& line : drawn_)
              if (line->owns(qobject_cast<QCPGraph*>(entry->plottable())))
                toggle(line->spec().name);
          });
}

void TimePlot::toggle(const QString& name) {
  if (!hidden_.remove(name)) hidden_.insert(name);
  showHidden();
  refresh();
}

/// Names of hidden lines stay in the legend, pale, to be clicked again.
void TimePlot::showHidden() {
  for (auto& line : drawn_) line->setVisible(!hidden_.contains(line->spec().name));
  for (int i = 0; i < plot().legend->itemCount(); ++i)
    if (auto* entry = qobject_cast<QCPPlottableLegendItem*>(plot().legend->item(i)))
      entry->setTextColor(entry->plottable()->visible() ? plotColours(style().theme).text
                                                        : plotColours(style().theme).event);
}

bool TimePlot::isLogX() const {
  return logX_->isChecked();
}

bool TimePlot::isLogY() const {
  return logY_->isChecked();
}

void TimePlot::setLogX(bool logarithmic) {
  logX_->setChecked(logarithmic);
}

void TimePlot::setLogY(bool logarithmic) {
  logY_->setChecked(logarithmic);
}

void TimePlot::scaleX() {
  const QScopedValueRollback applying(applying_, true);  // a logarithmic axis mends its range
  setScale(*plot().xAxis, isLogX());
  startAgain();
}

void TimePlot::scaleY() {
  setScale(*plot().yAxis, isLogY());
  startAgain();
}

void TimePlot::restart() {
  drawn_.clear();
  events_->clear();
  ownY_ = false;
}

void TimePlot::grow() {
  plot().xAxis->setLabel(toText(link().unit()));
  plot().yAxis->setLabel(yLabel());
  updateLines();
  for (auto& line : drawn_) line->grow();
  events_->grow(data(), link().unit());
  applyRange();
  updateCountsShown();
}

void TimePlot::updateLines() {
  const auto wanted = lines();
  const bool same =
      std::equal(wanted.begin(), wanted.end(), drawn_.begin(), drawn_.end(),
                 [](const LineSpec& spec, const auto& line) { return spec == line->spec(); });
  if (same) return;
  drawn_.clear();
  for (const LineSpec& spec : wanted)
    drawn_.push_back(
        std::make_unique<PlotLine>(plot(), plot().yAxis2, spec, link().smoothing(), isLogY()));
  restyle(style());
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
  plot().xAxis->setRange(range.lower, range.upper);
  if (!ownY_) applyExtent();
  cursor_->move(link().cursor());
}

std::optional<PlotLine::Extent> TimePlot::extentOf(const XRange& range) const {
  std::optional<PlotLine::Extent> all = fixedExtent();
  for (const auto& line : drawn_) {
    if (!line->isVisible()) continue;
    const auto one = link().range() ? line->extent(range) : line->extent();
    if (!one) continue;
    all = all ? PlotLine::Extent{std::min(all->lower, one->lower), std::max(all->upper, one->upper)}
              : *one;
  }
  return all;
}

void TimePlot::applyExtent() {
  const auto range = plot().xAxis->range();
  const auto extent = extentOf({range.lower, range.upper});
  if (!extent || !std::isfinite(extent->upper - extent->lower)) return;
  const auto shown = withMargin(*extent, isLogY());
  plot().yAxis->setRange(shown.lower, shown.upper);
}

void TimePlot::updateCountsShown() {
  const auto range = plot().xAxis->range();
  std::size_t shown = 0, all = 0, undrawable = 0, absent = 0;
  for (const auto& line : drawn_) {
    all += line->size();
    undrawable += line->undrawable();
    absent += line->absent();
    if (line->isVisible()) shown += line->sizeWithin({range.lower, range.upper});
  }
  setCounts(shown, all);
  const auto what = isLogY() ? tr("%1 not finite or ≤ 0 (▲▼)") : tr("%1 not finite (▲▼)");
  QStringList remarks;
  if (link().range()) remarks << tr("double click to follow the run");
  if (undrawable > 0) remarks << what.arg(undrawable);
  if (absent > 0) remarks << tr("%1 without a loss (task off or no label)").arg(absent);
  if (const QString more = note(); !more.isEmpty()) remarks << more;
  setRemark(remarks.join(" · "));
}

void TimePlot::restyle(const PlotStyle& style) {
  for (auto& line : drawn_) line->restyle(style);
  events_->restyle(style);
  cursor_->restyle(style);
  showHidden();
  wrapLegend();
}

void TimePlot::mouseMoved(QMouseEvent* event) {
  if (!plot().axisRect()->rect().contains(event->pos())) return link().setCursor(std::nullopt);
  const double x = plot().xAxis->pixelToCoord(event->position().x());
  link().setCursor(x);
  const double reach =
      std::abs(plot().xAxis->pixelToCoord(event->position().x() + kEventReach) - x);
  QToolTip::showText(event->globalPosition().toPoint(),
                     plainToolTip(EventMarks::textsNear(data(), link().unit(), x, reach)), &plot());
}

bool TimePlot::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::Leave) link().setCursor(std::nullopt);
  if (event->type() == QEvent::Wheel && zoomY(static_cast<QWheelEvent&>(*event))) return true;
  return PlotPanel::eventFilter(object, event);
}

bool TimePlot::zoomY(const QWheelEvent& event) {
  if (!event.modifiers().testFlag(Qt::ShiftModifier)) return false;
  const int delta = event.angleDelta().y() != 0 ? event.angleDelta().y() : event.angleDelta().x();
  ownY_ = true;
  plot().yAxis->scaleRange(std::pow(kZoomStep, delta / 120.0),
                           plot().yAxis->pixelToCoord(event.position().y()));
  link().zoomY();
  return true;
}

std::vector<Series> TimePlot::series() const {
  std::vector<Series> out;
  for (const LineSpec& line : lines()) {
    Series one{line.name, toText(link().unit()), {}, {}, line.colour, markOf(line.look)};
    for (std::size_t row = 0; row < std::min(line.x->size(), line.y->size()); ++row) {
      if (line.isAbsent(row)) continue;
      one.x.push_back((*line.x)[row]);
      one.y.push_back((*line.y)[row]);
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<CursorValue> TimePlot::valuesAtCursor() const {
  std::vector<CursorValue> out;
  if (!link().cursor()) return out;
  for (const auto& line : drawn_) {
    const auto point = line->nearest(*link().cursor());
    if (!point || !line->isVisible()) continue;
    out.push_back({line->spec().name, point->x, point->y, point->smoothed,
                   taskColour(style().theme, line->spec().colour)});
  }
  return out;
}

}  // namespace eq::widgets
