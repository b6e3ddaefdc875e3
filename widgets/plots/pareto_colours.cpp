#include "widgets/plots/pareto_colours.h"

#include <algorithm>
#include <limits>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr int kBands = 12;
constexpr double kFrontPoint = 10, kOtherPoint = 5;  // pixels
constexpr double kLeastAmount = 0.15;                // of the colours: all stand out from the paper

QColor bandColour(Theme theme, int band) {
  const double share = band / (kBands - 1.0);
  return heatColour(theme, kLeastAmount + (1 - kLeastAmount) * share);
}

/// A title may stand above it.
int rowOfPicture(const QCustomPlot& plot) {
  auto* layout = plot.plotLayout();
  for (int row = 0; row < layout->rowCount(); ++row)
    if (layout->hasElement(row, 0) && layout->element(row, 0) == plot.axisRect()) return row;
  return 0;
}

/// Which part of the range a value is in.
std::size_t bandPlaceOf(double value, double low, double high) {
  if (!(high > low)) return 0;
  const auto band = static_cast<int>(kBands * ((value - low) / (high - low)));
  return static_cast<std::size_t>(std::clamp(band, 0, kBands - 1));
}

}  // namespace

QCPCurve* ParetoColours::makePoints() {
  auto* points = new QCPCurve(plot_.xAxis, plot_.yAxis);
  points->setLayer("main");
  points->setLineStyle(QCPCurve::lsNone);
  points->removeFromLegend();
  return points;
}

void ParetoColours::draw(const std::vector<ParetoTrail>& trails, const metric::FrontAnswer& answer,
                         const ParetoObjective& third) {
  clearPoints();
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const ParetoTrail& trail : trails)
    for (const double value : trail.z) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  if (!(low <= high)) return clear();
  makeScale(third, low, high);
  for (int i = 0; i < kBands; ++i) {
    QCPCurve* const dominated = makePoints();
    bands_.push_back({makePoints(), dominated});
  }
  bands_.back().front->setName(QObject::tr("not dominated in all three"));
  bands_.back().front->addToLegend();
  std::size_t index = 0;
  for (const ParetoTrail& trail : trails)
    for (std::size_t i = 0; i < trail.size(); ++i, ++index) {
      const Band& band = bands_[bandPlaceOf(trail.z[i], low, high)];
      (answer.ranks[index] == 0 ? band.front : band.dominated)
          ->addData(static_cast<double>(index), trail.x[i], trail.y[i]);
    }
  restyle(style_);
}

void ParetoColours::makeScale(const ParetoObjective& third, double low, double high) {
  if (!scale_) {
    scale_ = new QCPColorScale(&plot_);
    scale_->setBarWidth(12);
    scale_->setRangeDrag(false);
    scale_->setRangeZoom(false);
    plot_.plotLayout()->addElement(rowOfPicture(plot_), 1, scale_);
    margins_ = new QCPMarginGroup(&plot_);
    plot_.axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, margins_);
    scale_->setMarginGroup(QCP::msTop | QCP::msBottom, margins_);
  }
  scale_->setLabel(third.text());
  scale_->setDataRange({low, high > low ? high : low + 1});
  scale_->axis()->setRangeReversed(third.maximise);  // better is below, as in the plot
}

void ParetoColours::clearPoints() {
  for (const Band& band : bands_)
    for (QCPCurve* points : {band.front, band.dominated}) plot_.removePlottable(points);
  bands_.clear();
}

void ParetoColours::clear() {
  clearPoints();
  if (!scale_) return;
  plot_.axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, nullptr);
  scale_->setMarginGroup(QCP::msTop | QCP::msBottom, nullptr);
  delete margins_;
  margins_ = nullptr;
  plot_.plotLayout()->remove(scale_);
  plot_.plotLayout()->simplify();
  scale_ = nullptr;
}

void ParetoColours::restyle(const PlotStyle& style) {
  style_ = style;
  const PlotColours& colours = plotColours(style.theme);
  for (std::size_t i = 0; i < bands_.size(); ++i) {
    const QColor fill = bandColour(style.theme, static_cast<int>(i));
    bands_[i].front->setScatterStyle(
        {QCPScatterStyle::ssCircle, QPen(colours.text, 1.4), QBrush(fill), kFrontPoint});
    bands_[i].dominated->setScatterStyle(
        {QCPScatterStyle::ssDisc, QPen(fill, 1), QBrush(fill), kOtherPoint});
  }
  if (!scale_) return;
  QCPColorGradient gradient;
  gradient.clearColorStops();
  for (int i = 0; i < kBands; ++i)
    gradient.setColorStopAt(i / (kBands - 1.0), bandColour(style.theme, i));
  scale_->setGradient(gradient);
  QFont font = plot_.font();
  font.setPointSizeF(style.fontSize);
  QCPAxis* const axis = scale_->axis();
  axis->setTickLabelFont(font);
  axis->setLabelFont(font);
  axis->setTickLabelColor(colours.text);
  axis->setLabelColor(colours.text);
  for (const auto& set : {&QCPAxis::setBasePen, &QCPAxis::setTickPen, &QCPAxis::setSubTickPen})
    (axis->*set)(QPen(colours.axis));
}

}  // namespace eq::widgets
