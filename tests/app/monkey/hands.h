#pragma once

#include <QMimeData>
#include <QPoint>
#include <QString>
#include <QWidget>

namespace eq::test {

// Input as the window system brings it: to the window, which finds the widget, the menu or the
// dialog that gets it. What is hidden below something else cannot be hit.

enum class MouseDeed { click, doubleClick, rightClick, press, release, move };

/// \param place in the widget.
void mouse(MouseDeed deed, QWidget& widget, const QPoint& place,
           Qt::KeyboardModifiers modifiers = Qt::NoModifier);
/// Eighths of a degree; a notch has 120.
void turnWheel(QWidget& widget, const QPoint& place, int angle, Qt::KeyboardModifiers modifiers);
void pressKey(QWidget& window, int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
void pressKeys(QWidget& window, const QKeySequence& keys);
/// Key by key.
void typeText(QWidget& window, const QString& text);
/// What a file manager does when something is let go over the widget.
void dropOn(QWidget& widget, const QPoint& place, const QMimeData& data);

}  // namespace eq::test
