#include "widgets/plots/sampled_map.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QToolTip>

#include "widgets/plots/class_ticker.h"
#include "widgets/plots/heat_cells.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kMostTexts = 400;  // cells that may hold their numbers
constexpr int kColourSteps = 40;
constexpr int kUpright = 24;  // pixels of names that are never slanted

}  // namespace

SampledMap::SampledMap(const QString& title, const RunData& data, PlotLink& link, QWidget* parent)
    : SampledPanel(title, data, link, parent) {
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
  makeMap();
}

void SampledMap::makeMap() {
  xNames_.reset(new ClassTicker(*plot().xAxis));
  yNames_.reset(new ClassTicker(*plot().yAxis));
  map_ = makeNamedMap(plot(), xNames_, yNames_);
  scale_ = addColourScale({});
  map_->setColorScale(scale_);
  cells_ = new HeatCells(plot());
  map_->setVisible(false);
}

void SampledMap::restart() {
  SampledPanel::restart();
  map_->setVisible(false);
  cells_->setCells(0, 0, {});
}

std::int64_t SampledMap::stepOf(int sample) const {
  return std::llround(data().conflictX().in(XUnit::step)[static_cast<std::size_t>(sample)]);
}

void SampledMap::draw(int sample) {
  const auto [rows, columns] = names(sample);
  const auto seen = scale(sample);
  const int width = static_cast<int>(columns.size()), height = static_cast<int>(rows.size());
  xNames_->setNames(columns);
  yNames_->setNames(rows);
  plot().xAxis->setRange(-0.5, width - 0.5);
  plot().yAxis->setRange(-0.5, height - 0.5);
  const int across = style().width > 0 ? style().width : plot().viewport().width();
  plot().xAxis->setTickLabelRotation(
      xNames_->widest() > kUpright && (xNames_->widest() + 8) * width > 0.7 * across ? 45 : 0);
  map_->data()->setSize(width, height);
  map_->data()->setRange({0, std::max(width - 1.0, 0.0)}, {0, std::max(height - 1.0, 0.0)});
  std::vector<HeatCells::Cell> cells;
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      const double found = value(sample, row, column);
      map_->data()->setCell(column, row, found);
      if (width * height > kMostTexts) continue;
      const QColor under = std::isnan(found) ? plotColours(style().theme).background
                                             : seen.colourOf(style().theme, found);
      cells.push_back({column, row, std::isnan(found) ? QString("–") : cellText(found),
                       under.lightness() > 125 ? QColor(0x1f2328) : QColor(0xffffff)});
    }
  cells_->setCells(width, height, std::move(cells));
  QCPColorGradient gradient;
  gradient.clearColorStops();
  for (int i = 0; i <= kColourSteps; ++i) {
    const double share = i / static_cast<double>(kColourSteps);
    const double at = seen.least + share * (seen.most - seen.least);
    gradient.setColorStopAt(share, seen.colourOf(style().theme, at));
  }
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  map_->setGradient(gradient);
  map_->setDataRange({seen.least, seen.most});
  scale_->setLabel(seen.label);
  map_->setVisible(true);
}

void SampledMap::restyle(const PlotStyle& style) {
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  cells_->restyle(font, plotColours(style.theme).background);
  plot().legend->setVisible(false);
  if (shownSample() >= 0) draw(shownSample());
}

void SampledMap::mouseMoved(const QMouseEvent& event) {
  const int sample = shownSample();
  QString text;
  const auto column =
      static_cast<int>(std::lround(plot().xAxis->pixelToCoord(event.position().x())));
  const auto row = static_cast<int>(std::lround(plot().yAxis->pixelToCoord(event.position().y())));
  if (sample >= 0 && plot().axisRect()->rect().contains(event.position().toPoint())) {
    const auto [rows, columns] = names(sample);
    if (row >= 0 && row < rows.size() && column >= 0 && column < columns.size())
      text = tip(sample, row, column);
  }
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(text), &plot());
}

}  // namespace eq::widgets
