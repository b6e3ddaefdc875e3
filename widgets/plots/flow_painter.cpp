#include "widgets/plots/flow_painter.h"

#include <algorithm>

#include <qcustomplot.h>

#include <QFontMetricsF>
#include <QPainterPath>

namespace eq::widgets {
namespace {

constexpr double kRound = 3;      // pixels of a box's corners
constexpr double kHead = 6;       // pixels of an arrow's head
constexpr double kLowest = 0.85;  // of a font's height, of a place that a text has room in

}  // namespace

void drawWay(QCPPainter& painter, const QPointF& from, const QPointF& to, const QColor& colour,
             double width) {
  const double middle = (from.x() + to.x()) / 2;
  QPainterPath path(from);
  path.cubicTo(middle, from.y(), middle, to.y(), to.x(), to.y());
  painter.setAntialiasing(true);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap));
  painter.drawPath(path);
}

void drawArrow(QCPPainter& painter, const QPointF& from, const QPointF& to, const QColor& colour) {
  drawWay(painter, from, to - QPointF(kHead, 0), colour, 1.2);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawPolygon(
      QPolygonF({to, to + QPointF(-kHead - 1, -kHead / 2), to + QPointF(-kHead - 1, kHead / 2)}));
}

void drawBox(QCPPainter& painter, const QRectF& place, const QColor& fill, const QColor& edge,
             double edgeWidth) {
  painter.setAntialiasing(true);
  painter.setBrush(fill);
  painter.setPen(edgeWidth > 0 ? QPen(edge, edgeWidth) : QPen(Qt::NoPen));
  painter.drawRoundedRect(place, kRound, kRound);
}

void drawTextIn(QCPPainter& painter, const QRectF& place, const QString& text, const QColor& colour,
                int flags) {
  const QFontMetricsF metrics(painter.font());
  if (place.height() < kLowest * metrics.height() || place.width() < metrics.averageCharWidth())
    return;
  painter.setPen(colour);
  painter.drawText(place, flags | Qt::AlignVCenter | Qt::TextSingleLine | Qt::TextDontClip,
                   metrics.elidedText(text, Qt::ElideMiddle, place.width()));
}

}  // namespace eq::widgets
