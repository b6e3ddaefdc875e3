#pragma once

#include <QColor>
#include <QRectF>
#include <QString>

class QCPPainter;

namespace eq::widgets {

// What pictures of boxes and ways between them are drawn of, in pixels.

/// A way to the right, level at both ends.
void drawWay(QCPPainter& painter, const QPointF& from, const QPointF& to, const QColor& colour,
             double width);
/// The same, with a head at its end.
void drawArrow(QCPPainter& painter, const QPointF& from, const QPointF& to, const QColor& colour);
void drawBox(QCPPainter& painter, const QRectF& place, const QColor& fill, const QColor& edge,
             double edgeWidth = 1);
/// On one line, its middle left out where it is too long; nothing where the place is too low.
/// \param flags Qt::AlignLeft or the like.
void drawTextIn(QCPPainter& painter, const QRectF& place, const QString& text, const QColor& colour,
                int flags);

}  // namespace eq::widgets
