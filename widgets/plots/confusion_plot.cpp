#include "widgets/plots/confusion_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QApplication>
#include <QMouseEvent>
#include <QToolButton>

#include "widgets/plots/class_ticker.h"
#include "widgets/plots/heat_cells.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kHeatSteps = 24;

/// The colour follows the square root, so that the few mistakes of a good model are seen.
QCPColorGradient heatGradient(Theme theme) {
  QCPColorGradient gradient;
  gradient.clearColorStops();
  for (int i = 0; i <= kHeatSteps; ++i) {
    const double root = i / static_cast<double>(kHeatSteps);
    gradient.setColorStopAt(root * root, heatColour(theme, root));
  }
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  return gradient;
}

double rowSum(const metric::ClassReport& report, std::int64_t target) {
  double sum = 0;
  for (std::int64_t c = 0; c < report.classes; ++c) sum += report.at(target, c);
  return sum;
}

double share(const metric::ClassReport& report, std::int64_t target, std::int64_t prediction) {
  return 100 * report.at(target, prediction) / rowSum(report, target);
}

QString percent(double value) {
  return QString::number(value, 'f', value < 9.95 ? 1 : 0);
}

}  // namespace

ConfusionPlot::ConfusionPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : ReportPlot(tr("Confusion"), data, link, parent) {
  shares_ = addToggle(tr("Shares"), tr("Percent of each target class instead of counts"));
  connect(shares_, &QToolButton::toggled, this, [this] {
    redraw();
    refresh();
  });
  makeMap();
  connect(&plot(), &QCustomPlot::beforeReplot, this, &ConfusionPlot::slantNames);
  ReportPlot::restart();
}

void ConfusionPlot::makeMap() {
  xNames_.reset(new ClassTicker(*plot().xAxis));
  yNames_.reset(new ClassTicker(*plot().yAxis));
  map_ = makeNamedMap(plot(), xNames_, yNames_);
  scale_ = addColourScale({});
  map_->setColorScale(scale_);
  cells_ = new HeatCells(plot());
  plot().xAxis->setLabel(tr("Predicted class"));
  plot().yAxis->setLabel(tr("Target class"));
  connect(&plot(), &QCustomPlot::mousePress, this,
          [this](const QMouseEvent* event) { pressed_ = event->position(); });
  connect(&plot(), &QCustomPlot::mouseRelease, this, [this](const QMouseEvent* event) {
    const auto moved = (event->position() - pressed_).manhattanLength();
    if (event->button() == Qt::LeftButton && moved < QApplication::startDragDistance())
      choose(event->position());
  });
}

void ConfusionPlot::choose(const QPointF& place) {
  const auto* shown = report();
  const auto task = taskIndex();
  if (!shown || !task || !plot().axisRect()->rect().contains(place.toPoint())) return;
  const auto predicted = std::llround(plot().xAxis->pixelToCoord(place.x()));
  const auto target = std::llround(plot().yAxis->pixelToCoord(place.y()));
  const auto isClass = [&](std::int64_t index) { return index >= 0 && index < shown->classes; };
  if (isClass(predicted) && isClass(target)) emit cellChosen(*task, split(), target, predicted);
}

void ConfusionPlot::setShares(bool shares) {
  shares_->setChecked(shares);
}

double ConfusionPlot::shown(const metric::ClassReport& report, std::int64_t target,
                            std::int64_t prediction) const {
  return shares_->isChecked() ? share(report, target, prediction) : report.at(target, prediction);
}

QString ConfusionPlot::cellText(std::int64_t target, std::int64_t prediction) const {
  const auto* counts = report();
  if (!counts || counts->at(target, prediction) == 0) return {};
  const double value = shown(*counts, target, prediction);
  return shares_->isChecked() ? percent(value) : QString::number(value, 'f', 0);
}

void ConfusionPlot::draw(const metric::ClassReport* report) {
  nameClasses(report ? report->classes : 0);
  plot().legend->setVisible(false);
  map_->setVisible(report != nullptr);
  scale_->setVisible(report != nullptr);
  cells_->setCells(0, 0, {});
  if (report) fillMap(*report);
}

void ConfusionPlot::nameClasses(std::int64_t classes) {
  QStringList names;
  for (std::int64_t c = 0; c < classes; ++c) names << className(c);
  xNames_->setNames(names);
  yNames_->setNames(names);
  const double edge = static_cast<double>(std::max<std::int64_t>(classes, 1));
  for (QCPAxis* axis : {plot().xAxis, plot().yAxis}) axis->setRange(-0.5, edge - 0.5);
  slantNames();
}

void ConfusionPlot::slantNames() {
  const int width = style().width > 0 ? style().width : plot().viewport().width();
  const double cell = 0.8 * width / std::max(plot().xAxis->range().size(), 1.0);
  const bool slanted = xNames_->widest() > 24 && xNames_->widest() + 8 > cell;
  plot().xAxis->setTickLabelRotation(slanted ? 45 : 0);
}

void ConfusionPlot::fillMap(const metric::ClassReport& report) {
  const auto edge = static_cast<int>(report.classes);
  map_->data()->setSize(edge, edge);
  map_->data()->setRange({0, edge - 1.0}, {0, edge - 1.0});
  double highest = shares_->isChecked() ? 100 : 1;
  for (int row = 0; row < edge; ++row)
    for (int column = 0; column < edge; ++column) {
      const double value = shown(report, row, column);
      map_->data()->setCell(column, row, value);
      if (value > highest) highest = value;
    }
  map_->setDataRange({0, highest});
  scale_->setLabel(shares_->isChecked() ? tr("% of the target class") : tr("Examples"));
  std::vector<HeatCells::Cell> cells;
  for (int row = 0; row < edge; ++row)
    for (int column = 0; column < edge; ++column) {
      const double value = shown(report, row, column);
      if (report.at(row, column) == 0) continue;
      const QColor under = heatColour(style().theme, std::sqrt(value / highest));
      cells.push_back({column, row, cellText(row, column),
                       under.lightness() > 125 ? QColor(0x1f2328) : QColor(0xffffff)});
    }
  cells_->setCells(edge, edge, std::move(cells));
}

void ConfusionPlot::restyle(const PlotStyle& style) {
  map_->setGradient(heatGradient(style.theme));
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  cells_->restyle(font, plotColours(style.theme).background);
  ReportPlot::restyle(style);
}

QString ConfusionPlot::tipAt(const metric::ClassReport& report, double x, double y) const {
  const auto prediction = std::llround(x), target = std::llround(y);
  const auto isClass = [&](std::int64_t index) { return index >= 0 && index < report.classes; };
  if (!isClass(prediction) || !isClass(target)) return {};
  const double members = rowSum(report, target);
  if (members == 0) return tr("target %1: no examples").arg(className(target));
  return tr("target %1, predicted %2: %3 of %4 (%5 %)")
      .arg(className(target), className(prediction),
           widgets::countText(std::llround(report.at(target, prediction))),
           widgets::countText(std::llround(members)), percent(share(report, target, prediction)));
}

QString ConfusionPlot::remark(const metric::ClassReport& report) const {
  if (report.confusion.empty()) return {};
  double right = 0, all = 0;
  for (std::int64_t c = 0; c < report.classes; ++c) {
    right += report.at(c, c);
    all += rowSum(report, c);
  }
  return all > 0 ? tr("%1 % right").arg(100 * right / all, 0, 'f', 1) : QString();
}

QString ConfusionPlot::obstacle(const metric::ClassReport& report) const {
  if (!report.confusion.empty()) return {};
  return tr("The counts of %1 classes are not kept: they are for up to %2.")
      .arg(widgets::countText(report.classes), widgets::countText(metric::kMostConfusionClasses));
}

std::vector<Series> ConfusionPlot::series() const {
  std::vector<Series> out;
  const auto* counts = report();
  if (!counts || counts->confusion.empty()) return out;
  for (std::int64_t target = 0; target < counts->classes; ++target) {
    Series row{tr("target %1").arg(className(target)),
               tr("Predicted class"),
               {},
               {},
               static_cast<int>(target)};
    for (std::int64_t c = 0; c < counts->classes; ++c) {
      row.x.push_back(static_cast<double>(c));
      row.y.push_back(shown(*counts, target, c));
    }
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace eq::widgets
