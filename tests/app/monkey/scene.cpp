#include "app/monkey/scene.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QTabBar>
#include <QTextEdit>

namespace eq::test {
namespace {

bool isControl(const QWidget* widget) {
  if (qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QLineEdit*>(widget) ||
      qobject_cast<const QAbstractSpinBox*>(widget) || qobject_cast<const QComboBox*>(widget) ||
      qobject_cast<const QAbstractSlider*>(widget) || qobject_cast<const QTabBar*>(widget) ||
      qobject_cast<const QMenu*>(widget))
    return true;
  return qobject_cast<const QAbstractItemView*>(widget->parentWidget()) ||
         widget->inherits("QCustomPlot");
}

bool isEditor(const QWidget* widget) {
  const auto* line = qobject_cast<const QLineEdit*>(widget);
  if (line) return !line->isReadOnly();
  return qobject_cast<const QAbstractSpinBox*>(widget) || widget->inherits("QTextEdit") ||
         widget->inherits("QPlainTextEdit");
}

std::vector<QWidget*> filtered(const std::vector<QWidget*>& widgets,
                               bool (*wanted)(const QWidget*)) {
  std::vector<QWidget*> found;
  for (auto* widget : widgets)
    if (wanted(widget)) found.push_back(widget);
  return found;
}

/// Which of the children of its class it is; widgets come and go, but seldom among their likes.
int placeOf(const QWidget& widget) {
  int place = 0;
  for (const auto* other : widget.parentWidget()->children()) {
    if (other == &widget) break;
    if (other->metaObject() == widget.metaObject()) ++place;
  }
  return place;
}

QString textOf(const QWidget& widget) {
  const auto* button = qobject_cast<const QAbstractButton*>(&widget);
  if (button && !button->text().isEmpty()) return button->text();
  return widget.accessibleName();
}

}  // namespace

std::vector<QWidget*> reachableWindows() {
  if (auto* popup = QApplication::activePopupWidget()) return {popup};
  if (auto* dialog = QApplication::activeModalWidget()) return {dialog};
  std::vector<QWidget*> windows;
  for (auto* window : QApplication::topLevelWidgets())
    if (window->isVisible() && window->windowHandle() && window->windowType() != Qt::ToolTip)
      windows.push_back(window);
  return windows;
}

std::vector<QWidget*> reachableWidgets() {
  std::vector<QWidget*> widgets;
  for (auto* window : reachableWindows()) {
    widgets.push_back(window);
    for (auto* widget : window->findChildren<QWidget*>())
      if (widget->window() == window && widget->isVisible() && widget->isEnabled())
        widgets.push_back(widget);
  }
  return widgets;
}

std::vector<QWidget*> controlsAmong(const std::vector<QWidget*>& widgets) {
  return filtered(widgets, isControl);
}

std::vector<QWidget*> editorsAmong(const std::vector<QWidget*>& widgets) {
  return filtered(widgets, isEditor);
}

std::vector<QAction*> reachableActions(const QWidget& window) {
  std::vector<QAction*> actions;
  if (QApplication::activePopupWidget() || QApplication::activeModalWidget()) return actions;
  for (auto* action : window.findChildren<QAction*>())
    if (action->isEnabled() && action->isVisible() && !action->isSeparator() && !action->menu())
      actions.push_back(action);
  return actions;
}

QString pathOf(const QWidget& widget) {
  QString path;
  for (const auto* part = &widget; part; part = part->parentWidget()) {
    auto name = QString(part->metaObject()->className()).section(':', -1);
    if (!part->objectName().isEmpty()) name += '#' + part->objectName();
    if (part->parentWidget() && !part->isWindow()) name += QString("[%1]").arg(placeOf(*part));
    path = path.isEmpty() ? name : name + '/' + path;
    if (part->isWindow()) break;
  }
  const auto text = textOf(widget);
  return text.isEmpty() ? path : path + " \"" + text.left(40) + '"';
}

QStringList namesOf(const std::vector<QWidget*>& widgets) {
  QStringList names;
  for (const auto* widget : widgets) names << pathOf(*widget);
  return names;
}

QStringList namesOf(const std::vector<QAction*>& actions) {
  QStringList names;
  for (const auto* action : actions)
    names << action->text() + ' ' + action->shortcut().toString() + ' ' +
                 (action->parent() ? action->parent()->objectName() : QString());
  return names;
}

void bringIntoView(QWidget& widget) {
  for (auto* part = widget.parentWidget(); part; part = part->parentWidget())
    if (auto* area = qobject_cast<QScrollArea*>(part); area && area->isAncestorOf(&widget))
      area->ensureWidgetVisible(&widget);
}

}  // namespace eq::test
