#include "widgets/plots/heat_map.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QFontMetrics>

#include "widgets/plots/class_ticker.h"
#include "widgets/plots/heat_cells.h"

namespace eq::widgets {
namespace {

constexpr double kSmallest = 10;  // pixels of a cell that lines go around
constexpr int kPadding = 4;       // pixels on both sides of a text together
constexpr int kMostTexts = 400;   // cells that may hold their numbers
constexpr int kColourSteps = 40;
constexpr int kUpright = 24;  // pixels of names that are never slanted

}  // namespace

// --- What lies on the cells

void HeatCells::setCells(int columns, int rows, std::vector<Cell> cells) {
  columns_ = columns;
  rows_ = rows;
  cells_ = std::move(cells);
}

void HeatCells::restyle(const QFont& font, const QColor& line) {
  font_ = font;
  line_ = line;
}

QRectF HeatCells::rectOf(double column, double row) const {
  const auto* x = parentPlot()->xAxis;
  const auto* y = parentPlot()->yAxis;
  return QRectF(QPointF(x->coordToPixel(column - 0.5), y->coordToPixel(row - 0.5)),
                QPointF(x->coordToPixel(column + 0.5), y->coordToPixel(row + 0.5)))
      .normalized();
}

void HeatCells::draw(QCPPainter* painter) {
  if (columns_ == 0 || rows_ == 0) return;
  drawLines(*painter);
  drawTexts(*painter);
}

void HeatCells::drawLines(QCPPainter& painter) const {
  const QRectF first = rectOf(0, 0);
  if (std::min(first.width(), first.height()) < kSmallest) return;
  painter.setAntialiasing(false);
  painter.setPen(QPen(line_, 1));
  const QRectF all = first.united(rectOf(columns_ - 1, rows_ - 1));
  for (int i = 1; i < columns_; ++i) {
    const double x = rectOf(i, 0).left();
    painter.drawLine(QLineF(x, all.top(), x, all.bottom()));
  }
  for (int i = 1; i < rows_; ++i) {
    const double y = std::max(rectOf(0, i).top(), rectOf(0, i - 1).top());
    painter.drawLine(QLineF(all.left(), y, all.right(), y));
  }
}

void HeatCells::drawTexts(QCPPainter& painter) const {
  painter.setFont(font_);
  const QFontMetrics metrics = painter.fontMetrics();
  int widest = 0;
  for (const Cell& cell : cells_)
    widest = std::max(widest, metrics.horizontalAdvance(cell.text) + kPadding);
  const QRectF one = rectOf(0, 0);
  if (widest > one.width() || metrics.height() > one.height()) return;
  for (const Cell& cell : cells_) {
    painter.setPen(cell.colour);
    painter.drawText(rectOf(cell.column, cell.row), Qt::AlignCenter, cell.text);
  }
}

QCPColorMap* makeNamedMap(QCustomPlot& plot, const QSharedPointer<ClassTicker>& columns,
                          const QSharedPointer<ClassTicker>& rows) {
  auto* map = new QCPColorMap(plot.xAxis, plot.yAxis);
  map->setInterpolate(false);
  map->setTightBoundary(false);
  plot.xAxis->setTicker(columns);
  plot.yAxis->setTicker(rows);
  plot.yAxis->setRangeReversed(true);
  for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
    axis->grid()->setVisible(false);
    axis->setTickLength(0);
  }
  return map;
}

// --- The map

HeatMap::HeatMap(QCustomPlot& plot, QCPColorScale& scale)
    : plot_(plot),
      scale_(scale),
      xNames_(new ClassTicker(*plot.xAxis)),
      yNames_(new ClassTicker(*plot.yAxis)),
      map_(makeNamedMap(plot, xNames_, yNames_)),
      cells_(new HeatCells(plot)) {
  map_->setColorScale(&scale_);
  map_->setVisible(false);
}

void HeatMap::clear() {
  rows_ = columns_ = 0;
  map_->setVisible(false);
  cells_->setCells(0, 0, {});
}

void HeatMap::draw(const Content& content, const PlotStyle& style) {
  const auto& [rows, columns] = content.names;
  columns_ = static_cast<int>(columns.size());
  rows_ = static_cast<int>(rows.size());
  xNames_->setNames(columns);
  yNames_->setNames(rows);
  plot_.xAxis->setRange(-0.5, columns_ - 0.5);
  plot_.yAxis->setRange(-0.5, rows_ - 0.5);
  const int across = style.width > 0 ? style.width : plot_.viewport().width();
  plot_.xAxis->setTickLabelRotation(
      xNames_->widest() > kUpright && (xNames_->widest() + 8) * columns_ > 0.7 * across ? 45 : 0);
  map_->data()->setSize(columns_, rows_);
  map_->data()->setRange({0, std::max(columns_ - 1.0, 0.0)}, {0, std::max(rows_ - 1.0, 0.0)});
  std::vector<HeatCells::Cell> cells;
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      const double found = content.value(row, column);
      map_->data()->setCell(column, row, found);
      if (columns_ * rows_ > kMostTexts) continue;
      const QColor under = std::isnan(found) ? plotColours(style.theme).background
                                             : content.scale.colourOf(style.theme, found);
      cells.push_back({column, row, std::isnan(found) ? QString("–") : content.text(found),
                       under.lightness() > 125 ? QColor(0x1f2328) : QColor(0xffffff)});
    }
  cells_->setCells(columns_, rows_, std::move(cells));
  drawScale(content.scale, style);
  map_->setVisible(true);
}

void HeatMap::drawScale(const Scale& scale, const PlotStyle& style) {
  QCPColorGradient gradient;
  gradient.clearColorStops();
  for (int i = 0; i <= kColourSteps; ++i) {
    const double share = i / static_cast<double>(kColourSteps);
    const double at = scale.least + share * (scale.most - scale.least);
    gradient.setColorStopAt(share, scale.colourOf(style.theme, at));
  }
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  map_->setGradient(gradient);
  map_->setDataRange({scale.least, scale.most});
  scale_.setLabel(scale.label);
}

void HeatMap::restyle(const QFont& font, const PlotStyle& style) {
  cells_->restyle(font, plotColours(style.theme).background);
  plot_.legend->setVisible(false);
}

std::optional<std::pair<int, int>> HeatMap::cellAt(const QPointF& place) const {
  if (!plot_.axisRect()->rect().contains(place.toPoint())) return std::nullopt;
  const auto column = static_cast<int>(std::lround(plot_.xAxis->pixelToCoord(place.x())));
  const auto row = static_cast<int>(std::lround(plot_.yAxis->pixelToCoord(place.y())));
  if (row < 0 || row >= rows_ || column < 0 || column >= columns_) return std::nullopt;
  return std::pair{row, column};
}

}  // namespace eq::widgets
