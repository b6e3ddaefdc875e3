#include "widgets/plots/heat_cells.h"

#include <algorithm>

#include <QFontMetrics>

#include "widgets/plots/class_ticker.h"

namespace eq::widgets {
namespace {

constexpr double kSmallest = 10;  // pixels of a cell that lines go around
constexpr int kPadding = 4;       // pixels on both sides of a text together

}  // namespace

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

}  // namespace eq::widgets
