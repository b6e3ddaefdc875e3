#include "widgets/style/reachable.h"

#include <map>
#include <utility>

#include <QAbstractButton>
#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>
#include <QScrollArea>
#include <QSet>
#include <QStringList>
#include <QToolBar>

#include "widgets/style/fold.h"

namespace eq::widgets {
namespace {

constexpr auto kStep = " › ";

/// Without the mark of the key that a menu underlines.
QString plainName(QString text) {
  text.replace("&&", QChar(0));
  return text.remove('&').replace(QChar(0), "&");
}

Reachable reachableOf(QAction& action, const QString& place) {
  Reachable found;
  found.place = place;
  found.name = plainName(action.text());
  found.key = action.shortcut().toString(QKeySequence::NativeText);
  found.advice = action.toolTip() == found.name ? QString() : action.toolTip();
  found.enabled = action.isEnabled();
  found.go = [kept = QPointer<QAction>(&action)] {
    if (kept) kept->trigger();
  };
  return found;
}

class Actions {
 public:
  void add(const QList<QAction*>& actions, const QString& place) {
    for (auto* action : actions) {
      if (action->isSeparator() || action->text().isEmpty() || !action->isVisible()) continue;
      const auto name = plainName(action->text());
      if (auto* menu = action->menu())
        add(menu->actions(), place.isEmpty() ? name : place + kStep + name);
      else if (!seen_.contains(action))
        found_.push_back(reachableOf(*action, place));
      seen_.insert(action);
    }
  }
  std::vector<Reachable> take() { return std::move(found_); }

 private:
  QSet<const QAction*> seen_;
  std::vector<Reachable> found_;
};

/// Whether it can be brought to sight by opening docks and folds alone.
bool canBeShown(const QWidget& field, const QWidget& window) {
  for (const auto* part = &field; part && part != &window; part = part->parentWidget()) {
    const bool opened =
        qobject_cast<const QDockWidget*>(part) || qobject_cast<const Fold*>(part->parentWidget());
    if (part->isHidden() && !opened) return false;
  }
  return true;
}

void bringToSight(QWidget& field) {
  unfold(field);
  for (auto* part = field.parentWidget(); part; part = part->parentWidget()) {
    if (auto* dock = qobject_cast<QDockWidget*>(part)) {
      dock->show();
      dock->raise();
    }
    if (auto* area = qobject_cast<QScrollArea*>(part)) area->ensureWidgetVisible(&field);
  }
  field.window()->activateWindow();
  field.setFocus(Qt::ShortcutFocusReason);
}

/// The names of what the field stands in, outermost first.
QString placeOf(const QWidget& field, const QWidget& window) {
  QStringList names;
  for (const auto* part = field.parentWidget(); part && part != &window;
       part = part->parentWidget()) {
    const auto* dock = qobject_cast<const QDockWidget*>(part);
    const auto name = dock ? plainName(dock->windowTitle()) : part->accessibleName();
    if (!name.isEmpty() && (names.isEmpty() || names.front() != name)) names.prepend(name);
  }
  return names.join(kStep);
}

std::vector<Reachable> fieldsIn(QWidget& window) {
  std::vector<Reachable> found;
  for (auto* field : window.findChildren<QWidget*>()) {
    if (!(field->focusPolicy() & Qt::TabFocus) || field->focusProxy()) continue;
    const auto* button = qobject_cast<const QAbstractButton*>(field);
    const auto name = field->accessibleName().isEmpty() && button ? plainName(button->text())
                                                                  : field->accessibleName();
    if (name.isEmpty() || !canBeShown(*field, window)) continue;
    Reachable one;
    one.place = placeOf(*field, window);
    one.name = name;
    one.advice = field->toolTip();
    one.enabled = field->isEnabled();
    one.go = [kept = QPointer<QWidget>(field)] {
      if (kept) bringToSight(*kept);
    };
    if (!one.place.isEmpty()) found.push_back(std::move(one));
  }
  return found;
}

/// Those of one name at one place are counted, so that each can be told from the others.
void countThoseAlike(std::vector<Reachable>& all) {
  std::map<std::pair<QString, QString>, std::vector<Reachable*>> alike;
  for (auto& one : all) alike[{one.place, one.name}].push_back(&one);
  for (const auto& [name, several] : alike)
    for (std::size_t i = 0; several.size() > 1 && i < several.size(); ++i)
      several[i]->name += QString(" %1").arg(i + 1);
}

}  // namespace

std::vector<Reachable> reachableIn(QWidget& window) {
  Actions actions;
  if (auto* main = qobject_cast<QMainWindow*>(&window)) actions.add(main->menuBar()->actions(), {});
  for (auto* bar : window.findChildren<QToolBar*>()) {
    const auto title = plainName(bar->windowTitle());
    actions.add(bar->actions(), title.isEmpty() ? placeOf(*bar, window) : title);
  }
  for (auto* widget : window.findChildren<QWidget*>())
    if (!qobject_cast<QMenu*>(widget)) actions.add(widget->actions(), placeOf(*widget, window));
  auto found = actions.take();
  for (auto& field : fieldsIn(window)) found.push_back(std::move(field));
  countThoseAlike(found);
  return found;
}

}  // namespace eq::widgets
