#include "app/monkey/hands.h"

#include <algorithm>

#include <QApplication>
#include <QDragEnterEvent>
#include <QDragLeaveEvent>
#include <QDropEvent>
#include <QPointer>
#include <QTest>
#include <QWheelEvent>
#include <QWindow>

namespace eq::test {
namespace {

QPoint inWindow(const QWidget& widget, const QPoint& place) {
  const auto* window = widget.window();
  const auto point = widget.mapTo(window, place);
  // QTest takes the point 0, 0 for none.
  return {std::clamp(point.x(), 1, std::max(window->width() - 2, 1)),
          std::clamp(point.y(), 1, std::max(window->height() - 2, 1))};
}

/// QTest's own goes on with a window that the key has ended.
void send(const QWidget& widget, int key, const QString& text, Qt::KeyboardModifiers modifiers) {
  const QPointer<QWindow> window(widget.window()->windowHandle());
  for (const auto type : {QEvent::KeyPress, QEvent::KeyRelease})
    if (window) qt_handleKeyEvent(window, type, key, modifiers, text);
}

}  // namespace

void mouse(MouseDeed deed, QWidget& widget, const QPoint& place, Qt::KeyboardModifiers modifiers) {
  auto* window = widget.window()->windowHandle();
  if (!window) return;
  const auto point = inWindow(widget, place);
  switch (deed) {
    case MouseDeed::click:
      return QTest::mouseClick(window, Qt::LeftButton, modifiers, point);
    case MouseDeed::doubleClick:
      return QTest::mouseDClick(window, Qt::LeftButton, modifiers, point);
    case MouseDeed::rightClick:
      return QTest::mouseClick(window, Qt::RightButton, modifiers, point);
    case MouseDeed::press:
      return QTest::mousePress(window, Qt::LeftButton, modifiers, point);
    case MouseDeed::release:
      return QTest::mouseRelease(window, Qt::LeftButton, modifiers, point);
    case MouseDeed::move:
      return QTest::mouseMove(window, point);
  }
}

void turnWheel(QWidget& widget, const QPoint& place, int angle, Qt::KeyboardModifiers modifiers) {
  const auto* window = widget.window();
  const auto point = widget.mapTo(window, place);
  auto* below = window->childAt(point);
  QWidget& target = below ? *below : widget;
  QWheelEvent event(target.mapFrom(window, point), window->mapToGlobal(point), {}, {0, angle},
                    Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
  QApplication::sendEvent(&target, &event);
}

void pressKey(QWidget& window, int key, Qt::KeyboardModifiers modifiers) {
  send(window, key, QString(), modifiers);
}

void pressKeys(QWidget& window, const QKeySequence& keys) {
  const QPointer<QWidget> there(&window);
  for (int i = 0; there && i < keys.count(); ++i)
    pressKey(*there, keys[static_cast<uint>(i)].key(),
             keys[static_cast<uint>(i)].keyboardModifiers());
}

void typeText(QWidget& window, const QString& text) {
  const QPointer<QWidget> there(&window);
  for (const QChar letter : text)
    if (there)
      send(*there, letter.unicode() < 128 ? QTest::asciiToKey(letter.toLatin1()) : Qt::Key_unknown,
           letter, Qt::NoModifier);
}

void dropOn(QWidget& widget, const QPoint& place, const QMimeData& data) {
  const QPointer<QWidget> there(&widget);
  QDragEnterEvent enter(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(there, &enter);
  if (!there) return;
  if (!enter.isAccepted()) {
    QDragLeaveEvent leave;
    QApplication::sendEvent(there, &leave);
    return;
  }
  QDropEvent drop(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(there, &drop);
}

}  // namespace eq::test
