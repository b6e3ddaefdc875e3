#include "widgets/style/icons.h"

#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

namespace eq::widgets {
namespace {

constexpr int kSide = 16;  // of the square that the paths are drawn in

QPainterPath triangle(double x) {
  QPainterPath path;
  path.addPolygon(QPolygonF({{x, 2.5}, {x + 9, 8}, {x, 13.5}}));
  path.closeSubpath();
  return path;
}

QPainterPath bar(double x) {
  QPainterPath path;
  path.addRoundedRect(QRectF(x, 2.5, 3.5, 11), 1, 1);
  return path;
}

/// A line that splits into two.
QPainterPath branch() {
  QPainterPath path;
  for (const QPointF centre : {QPointF(4, 12.5), QPointF(4, 3.5), QPointF(12, 3.5)})
    path.addEllipse(centre, 2, 2);
  QPainterPath lines;
  lines.moveTo(4, 11);
  lines.lineTo(4, 5);
  lines.moveTo(4, 10);
  lines.cubicTo(4, 7.5, 12, 9, 12, 5.5);
  QPainterPathStroker stroker;
  stroker.setWidth(1.6);
  return path.united(stroker.createStroke(lines));
}

/// An arrow into a tray.
QPainterPath tray() {
  QPainterPath path;
  path.addPolygon(QPolygonF({{8, 10.5}, {4, 6}, {12, 6}}));
  path.closeSubpath();
  path.addRect(QRectF(7, 2, 2, 4.5));
  path.addRect(QRectF(2.5, 12, 11, 1.8));
  return path;
}

QPainterPath pathOf(Glyph glyph) {
  switch (glyph) {
    case Glyph::play:
      return triangle(4);
    case Glyph::pause:
      return bar(3).united(bar(9.5));
    case Glyph::step:
      return triangle(2).united(bar(11.5));
    case Glyph::stop: {
      QPainterPath path;
      path.addRoundedRect(QRectF(3, 3, 10, 10), 1.5, 1.5);
      return path;
    }
    case Glyph::fork:
      return branch();
    case Glyph::save:
      return tray();
  }
  return {};
}

QPixmap draw(Glyph glyph, const QColor& colour, int scale) {
  QPixmap pixmap(kSide * scale, kSide * scale);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.scale(scale, scale);
  painter.fillPath(pathOf(glyph), colour);
  return pixmap;
}

}  // namespace

QIcon glyphIcon(Glyph glyph, const QPalette& palette) {
  QIcon icon;
  for (const int scale : {1, 2, 4}) {
    icon.addPixmap(draw(glyph, palette.color(QPalette::Active, QPalette::ButtonText), scale));
    icon.addPixmap(draw(glyph, palette.color(QPalette::Disabled, QPalette::ButtonText), scale),
                   QIcon::Disabled);
  }
  return icon;
}

}  // namespace eq::widgets
