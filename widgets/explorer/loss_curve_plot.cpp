#include "widgets/explorer/loss_curve_plot.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kBins = 64;
constexpr int kLongestName = 30;    // characters, in the legend
constexpr double kPale = 0.45;      // opacity of what was pinned
constexpr double kLowest = 0.02;    // of the values' height, left free below them
constexpr double kSteepest = 0.98;  // share of the slopes that the axis must hold

QVector<double> toQt(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

QPen penOf(const DrawnLoss& loss, const PlotStyle& style, bool slope) {
  QPen pen(taskColour(style.theme, loss.colour), style.lineWidth + (slope ? 0 : 0.5));
  pen.setStyle(slope ? Qt::DashLine : Qt::SolidLine);
  QColor colour = pen.color();
  if (loss.pinned) colour.setAlphaF(kPale);
  pen.setColor(colour);
  return pen;
}

/// Of the finite values, without the most extreme ones on both sides.
QCPRange robustRange(const std::vector<DrawnLoss>& losses, std::vector<double> loss::Curve::*which,
                     double share) {
  std::vector<double> all;
  for (const auto& loss : losses)
    for (const double value : loss.curve.*which)
      if (std::isfinite(value)) all.push_back(value);
  if (all.empty()) return {-1, 1};
  std::sort(all.begin(), all.end());
  const auto at = [&](double part) {
    return all[static_cast<size_t>(part * static_cast<double>(all.size() - 1))];
  };
  const double lower = at(1 - share), upper = at(share);
  const double margin = std::max(0.05 * (upper - lower), 1e-9 * (1 + std::abs(upper)));
  return {lower - margin, upper + margin};
}

}  // namespace

LossCurvePlot::LossCurvePlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Loss explorer"), data, link, parent), axis_(loss::curveAxes().front()) {
  plot().addLayer("cursor", plot().layer("legend"));
  plot().layer("cursor")->setMode(QCPLayer::lmBuffered);
  plot().yAxis->setLabel(tr("Loss"));
  plot().yAxis2->setVisible(true);
  plot().yAxis2->setLabel(tr("Slope dL/dx (dashed)"));
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot().axisRect()->setRangeDrag(Qt::Horizontal);
  plot().axisRect()->setRangeZoom(Qt::Horizontal);
  makeHistogram();
  placeLegend();
  cursor_ = new QCPItemLine(&plot());
  text_ = new QCPItemText(&plot());
  for (QCPAbstractItem* item :
       {static_cast<QCPAbstractItem*>(cursor_), static_cast<QCPAbstractItem*>(text_)}) {
    item->setLayer("cursor");
    item->setVisible(false);
  }
  text_->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
  text_->setTextAlignment(Qt::AlignLeft);
  text_->setPadding({6, 4, 6, 4});
  connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    moveCursor(plot().xAxis->pixelToCoord(event->position().x()));
  });
  connect(&plot(), &QCustomPlot::mouseDoubleClick, this, [this] {
    scaleAxes();
    plot().replot(QCustomPlot::rpQueuedReplot);
  });
}

/// Beside the plot, where it hides no curve.
void LossCurvePlot::placeLegend() {
  auto* legend = plot().legend;
  auto* side = new QCPLayoutGrid;
  plot().axisRect()->insetLayout()->take(legend);
  plot().plotLayout()->addElement(0, 1, side);
  plot().plotLayout()->setColumnStretchFactor(1, 0.001);
  side->addElement(0, 0, legend);
  side->addElement(1, 0, new QCPLayoutElement(&plot()));
  side->setRowStretchFactor(0, 0.001);
}

void LossCurvePlot::makeHistogram() {
  lower_ = new QCPAxisRect(&plot());
  plot().plotLayout()->addElement(1, 0, lower_);
  plot().plotLayout()->setRowStretchFactor(0, 3);
  lower_->setMinimumMargins({10, 4, 14, 6});
  auto* margins = new QCPMarginGroup(&plot());
  for (auto* rect : {plot().axisRect(), lower_})
    rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  lower_->setRangeDrag(Qt::Horizontal);
  lower_->setRangeZoom(Qt::Horizontal);
  for (auto* axis : lower_->axes()) axis->setLayer("axes");
  auto* x = lower_->axis(QCPAxis::atBottom);
  auto* y = lower_->axis(QCPAxis::atLeft);
  y->setLabel(tr("Examples"));
  y->ticker()->setTickCount(3);
  connect(plot().xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), x,
          qOverload<const QCPRange&>(&QCPAxis::setRange));
  connect(x, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), plot().xAxis,
          qOverload<const QCPRange&>(&QCPAxis::setRange));
  bars_ = new QCPBars(x, y);
  bars_->removeFromLegend();
}

void LossCurvePlot::setAxis(const loss::CurveAxis& axis) {
  axis_ = axis;
  examples_.reset();
  lower_->axis(QCPAxis::atBottom)->setLabel(QString::fromStdString(axis.title));
  plot().xAxis->setRange(axis.lower, axis.upper);
  refresh();
}

void LossCurvePlot::setLosses(std::vector<DrawnLoss> losses) {
  losses_ = std::move(losses);
  refresh();
}

void LossCurvePlot::setExamples(const std::optional<AxisExamples>& examples) {
  examples_ = examples;
  refresh();
}

QCPGraph* LossCurvePlot::addGraph(const DrawnLoss& loss, bool slope) {
  auto* graph = plot().addGraph(plot().xAxis, slope ? plot().yAxis2 : plot().yAxis);
  graph->setName(shortName(loss.name, kLongestName));
  graph->setPen(penOf(loss, style(), slope));
  graph->setData(toQt(loss.curve.x), toQt(slope ? loss.curve.slope : loss.curve.value), true);
  if (slope) graph->removeFromLegend();
  return graph;
}

void LossCurvePlot::grow() {
  drawCurves();
  drawHistogram();
  scaleAxes();
}

void LossCurvePlot::drawCurves() {
  plot().clearGraphs();
  values_.clear();
  slopes_.clear();
  for (const auto& loss : losses_) {
    slopes_.push_back(addGraph(loss, true));
    values_.push_back(addGraph(loss, false));
  }
  plot().legend->setVisible(style().legend && !losses_.empty());
}

void LossCurvePlot::drawHistogram() {
  bars_->data()->clear();
  const bool known = examples_ && !examples_->positions.empty();
  setRemark(known ? examples_->label : QString());
  lower_->setVisible(known);
  bars_->setVisible(known);
  plot().xAxis->setTickLabels(!known);
  plot().xAxis->setLabel(known ? QString() : QString::fromStdString(axis_.title));
  plot().plotLayout()->setRowStretchFactor(1, known ? 1 : 0.01);
  if (!known) return;
  const double width = (axis_.upper - axis_.lower) / kBins;
  std::vector<double> counts(kBins, 0);
  qint64 below = 0, above = 0, nowhere = 0;
  for (const double x : examples_->positions) {
    if (std::isnan(x))
      ++nowhere;
    else if (x < axis_.lower)
      ++below;
    else if (x > axis_.upper)
      ++above;
    else
      ++counts[std::min<size_t>(kBins - 1, static_cast<size_t>((x - axis_.lower) / width))];
  }
  bars_->setWidth(width);
  for (int bin = 0; bin < kBins; ++bin)
    bars_->addData(axis_.lower + (bin + 0.5) * width, counts[static_cast<size_t>(bin)]);
  lower_->axis(QCPAxis::atLeft)
      ->setRange(0, 1.1 * std::max(1.0, *std::max_element(counts.begin(), counts.end())));
  QStringList outside;
  if (below > 0) outside << tr("%1 further left").arg(widgets::countText(below));
  if (above > 0) outside << tr("%1 further right").arg(widgets::countText(above));
  if (nowhere > 0) outside << tr("%1 without a valid target").arg(widgets::countText(nowhere));
  if (!outside.isEmpty()) setRemark(examples_->label + " (" + outside.join(", ") + ")");
}

void LossCurvePlot::scaleAxes() {
  auto values = robustRange(losses_, &loss::Curve::value, 1);
  values.lower = std::min(values.lower, -kLowest * values.upper);
  plot().yAxis->setRange(values);
  plot().yAxis2->setRange(robustRange(losses_, &loss::Curve::slope, kSteepest));
}

void LossCurvePlot::restyle(const PlotStyle& style) {
  const auto& colours = plotColours(style.theme);
  for (size_t i = 0; i < values_.size(); ++i) {
    values_[i]->setPen(penOf(losses_[i], style, false));
    slopes_[i]->setPen(penOf(losses_[i], style, true));
  }
  bars_->setPen(Qt::NoPen);
  bars_->setBrush(colours.axis);
  cursor_->setPen(QPen(colours.cursor, 1));
  text_->setColor(colours.text);
  text_->setFont(plot().legend->font());
  QColor veil = colours.background;
  veil.setAlpha(225);
  text_->setBrush(veil);
  text_->setPen(QPen(colours.grid, 1));
  plot().legend->setVisible(style.legend && !losses_.empty());
}

QString LossCurvePlot::readout(double x) const {
  QStringList lines{QString("x = %1").arg(x, 0, 'g', 4)};
  for (const auto& loss : losses_) {
    const auto& curve = loss.curve;
    const auto found = std::lower_bound(curve.x.begin(), curve.x.end(), x);
    if (found == curve.x.end()) continue;
    const auto row = static_cast<size_t>(found - curve.x.begin());
    lines << tr("%1: %2, slope %3")
                 .arg(loss.name)
                 .arg(curve.value[row], 0, 'g', 4)
                 .arg(curve.slope[row], 0, 'g', 4);
  }
  return lines.join('\n');
}

void LossCurvePlot::moveCursor(double x) {
  const bool inside = plot().xAxis->range().contains(x) && !losses_.empty();
  if (!inside) {
    hideCursor();
    return;
  }
  cursor_->start->setCoords(x, plot().yAxis->range().lower);
  cursor_->end->setCoords(x, plot().yAxis->range().upper);
  const bool right = x > plot().xAxis->range().center();
  text_->setText(readout(x));
  text_->setPositionAlignment((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
  text_->position->setCoords(x, plot().yAxis->range().upper);
  cursor_->setVisible(true);
  text_->setVisible(true);
  plot().layer("cursor")->replot();
}

void LossCurvePlot::hideCursor() {
  if (!cursor_->visible()) return;
  cursor_->setVisible(false);
  text_->setVisible(false);
  plot().layer("cursor")->replot();
}

QString LossCurvePlot::hint() const {
  return losses_.empty() ? tr("Add a loss at the left to see its curve and its slope.") : QString();
}

std::vector<Series> LossCurvePlot::series() const {
  std::vector<Series> all;
  const auto x = QString::fromStdString(axis_.title);
  for (const auto& loss : losses_) {
    const auto& curve = loss.curve;
    all.push_back({loss.name,
                   x,
                   {curve.x.begin(), curve.x.end()},
                   {curve.value.begin(), curve.value.end()},
                   loss.colour});
    all.push_back({tr("slope of %1").arg(loss.name),
                   x,
                   {curve.x.begin(), curve.x.end()},
                   {curve.slope.begin(), curve.slope.end()},
                   loss.colour});
  }
  return all;
}

}  // namespace eq::widgets
