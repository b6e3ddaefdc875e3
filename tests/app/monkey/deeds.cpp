#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QPointer>

#include "app/monkey/hands.h"
#include "app/monkey/monkey.h"
#include "app/monkey/scene.h"
#include "app/run_controller.h"
#include "core/base/error.h"
#include "widgets/session/transport.h"
#include "widgets/style/message_bar.h"

namespace eq::test {
namespace {

constexpr Qt::Key kKeys[] = {
    Qt::Key_Tab,   Qt::Key_Backtab, Qt::Key_Return, Qt::Key_Space,    Qt::Key_Delete,
    Qt::Key_Up,    Qt::Key_Down,    Qt::Key_Left,   Qt::Key_Right,    Qt::Key_Home,
    Qt::Key_End,   Qt::Key_PageUp,  Qt::Key_Escape, Qt::Key_PageDown, Qt::Key_Backspace,
    Qt::Key_F1,    Qt::Key_F2,      Qt::Key_F4,     Qt::Key_F5,       Qt::Key_F10,
    Qt::Key_F12,   Qt::Key_Menu,    Qt::Key_A,      Qt::Key_C,        Qt::Key_D,
    Qt::Key_E,     Qt::Key_F,       Qt::Key_H,      Qt::Key_O,        Qt::Key_R,
    Qt::Key_S,     Qt::Key_V,       Qt::Key_X,      Qt::Key_Z,        Qt::Key_Plus,
    Qt::Key_Minus, Qt::Key_0,       Qt::Key_1,      Qt::Key_Period,   Qt::Key_Comma,
    Qt::Key_Alt};

Qt::KeyboardModifiers modifiers(Choice& choice) {
  static const std::vector<Qt::KeyboardModifiers> all{Qt::NoModifier,
                                                      Qt::NoModifier,
                                                      Qt::NoModifier,
                                                      Qt::ShiftModifier,
                                                      Qt::ControlModifier,
                                                      Qt::AltModifier,
                                                      Qt::ControlModifier | Qt::ShiftModifier};
  return choice.of(all);
}

}  // namespace

const std::vector<Monkey::Deed>& Monkey::deeds() {
  static const std::vector<Deed> all{{"click", 220, &Monkey::click},
                                     {"double click", 30, &Monkey::doubleClick},
                                     {"right click", 40, &Monkey::rightClick},
                                     {"drag", 50, &Monkey::drag},
                                     {"wheel", 60, &Monkey::wheel},
                                     {"type", 110, &Monkey::type},
                                     {"paste", 40, &Monkey::paste},
                                     {"key", 110, &Monkey::key},
                                     {"shortcut", 50, &Monkey::shortcut},
                                     {"action", 50, &Monkey::trigger},
                                     {"dock", 30, &Monkey::changeDock},
                                     {"size", 20, &Monkey::resizeWindow},
                                     {"drop", 25, &Monkey::dropFiles},
                                     {"open", 15, &Monkey::openFile},
                                     {"control", 50, &Monkey::control},
                                     {"close", 6, &Monkey::closeWindow},
                                     {"restart", 3, &Monkey::restart},
                                     {"escape", 40, &Monkey::escape}};
  return all;
}

void Monkey::click() {
  auto* widget = target();
  if (!widget) return;
  const auto place = placeIn(*widget);
  const auto held = choice_.percent(90) ? Qt::KeyboardModifiers() : modifiers(choice_);
  note(QString("clicks %1 at %2, %3").arg(pathOf(*widget)).arg(place.x()).arg(place.y()));
  mouse(MouseDeed::click, *widget, place, held);
}

void Monkey::doubleClick() {
  auto* widget = target();
  if (!widget) return;
  const auto place = placeIn(*widget);
  note(QString("double clicks %1 at %2, %3").arg(pathOf(*widget)).arg(place.x()).arg(place.y()));
  mouse(MouseDeed::doubleClick, *widget, place);
}

void Monkey::rightClick() {
  const QPointer<QWidget> widget = target();
  if (!widget) return;
  const auto place = placeIn(*widget);
  note(QString("right clicks %1 at %2, %3").arg(pathOf(*widget)).arg(place.x()).arg(place.y()));
  mouse(MouseDeed::rightClick, *widget, place);
  if (!widget) return;
  QContextMenuEvent event(QContextMenuEvent::Mouse, place, widget->mapToGlobal(place));
  QApplication::sendEvent(widget, &event);
}

void Monkey::drag() {
  const QPointer<QWidget> from = target();
  const QPointer<QWidget> to = choice_.percent(60) ? from.data() : target();
  if (!from || !to) return;
  const auto start = placeIn(*from);
  const auto end = from->mapFromGlobal(to->mapToGlobal(placeIn(*to)));
  note(QString("drags from %1 to %2").arg(pathOf(*from), pathOf(*to)));
  mouse(MouseDeed::press, *from, start);
  for (int part = 1; part <= 3; ++part)
    if (from) mouse(MouseDeed::move, *from, start + (end - start) * part / 3);
  if (from)
    mouse(MouseDeed::release, *from, end);
  else if (auto* window = inputWindow())
    mouse(MouseDeed::release, *window, window->rect().center());
}

void Monkey::wheel() {
  auto* widget = target();
  if (!widget) return;
  const int notches = choice_.between(-5, 5);
  note(QString("turns the wheel by %1 over %2").arg(notches).arg(pathOf(*widget)));
  turnWheel(*widget, placeIn(*widget), 120 * notches,
            choice_.percent(80) ? Qt::KeyboardModifiers() : modifiers(choice_));
}

void Monkey::type() {
  const auto editors = editorsAmong(reachableWidgets());
  const int chosen = choice_.among(namesOf(editors));
  const auto text = material_.text(choice_);
  QPointer<QWidget> window = inputWindow();
  if (chosen >= 0) {
    auto* editor = editors[static_cast<std::size_t>(chosen)];
    note("types \"" + text.left(60) + "\" into " + pathOf(*editor));
    bringIntoView(*editor);
    window = editor->window();
    mouse(MouseDeed::click, *editor, placeIn(*editor));
    if (window && choice_.percent(70)) pressKey(*window, Qt::Key_A, Qt::ControlModifier);
  } else {
    note("types \"" + text.left(60) + '"');
  }
  if (window) typeText(*window, text);
  if (window && choice_.percent(60))
    pressKey(*window, choice_.percent(50) ? Qt::Key_Return : Qt::Key_Tab);
}

void Monkey::paste() {
  const auto editors = editorsAmong(reachableWidgets());
  const int chosen = choice_.among(namesOf(editors));
  QApplication::clipboard()->setMimeData(material_.mime(choice_));
  const QPointer<QWidget> window = inputWindow();
  if (!window) return;
  note("pastes " + QApplication::clipboard()->text().left(60));
  if (chosen >= 0 && choice_.percent(80)) {
    auto* editor = editors[static_cast<std::size_t>(chosen)];
    bringIntoView(*editor);
    mouse(MouseDeed::click, *editor, placeIn(*editor));
  }
  if (window) pressKey(*window, Qt::Key_V, Qt::ControlModifier);
}

void Monkey::key() {
  auto* window = inputWindow();
  if (!window) return;
  const auto pressed = kKeys[choice_.below(static_cast<int>(std::size(kKeys)))];
  const auto held = modifiers(choice_);
  note("presses " + QKeySequence(pressed | held).toString() + " in " + pathOf(*window));
  pressKey(*window, pressed, held);
}

void Monkey::shortcut() {
  std::vector<QAction*> actions;
  for (auto* action : reachableActions(*window_))
    if (!action->shortcut().isEmpty()) actions.push_back(action);
  const int chosen = choice_.among(namesOf(actions));
  if (chosen < 0) return escape();
  const auto* action = actions[static_cast<std::size_t>(chosen)];
  note("presses " + action->shortcut().toString() + " for " + action->text());
  pressKeys(*window_, action->shortcut());
}

void Monkey::trigger() {
  const auto actions = reachableActions(*window_);
  const int chosen = choice_.among(namesOf(actions));
  if (chosen < 0) return escape();
  auto* action = actions[static_cast<std::size_t>(chosen)];
  note("chooses " + action->text());
  action->trigger();
}

void Monkey::changeDock() {
  std::vector<QWidget*> docks;
  for (auto* dock : window_->findChildren<QDockWidget*>()) docks.push_back(dock);
  auto* dock =
      static_cast<QDockWidget*>(docks[static_cast<std::size_t>(choice_.among(namesOf(docks)))]);
  const bool floats = choice_.percent(50);
  if (QApplication::activeModalWidget() || QApplication::activePopupWidget()) return escape();
  note((floats ? "floats or docks " : "closes or opens ") + pathOf(*dock));
  if (floats)
    dock->setFloating(!dock->isFloating());
  else
    dock->toggleViewAction()->trigger();
}

void Monkey::resizeWindow() {
  const QSize size(choice_.between(100, 2000), choice_.between(80, 1400));
  const int kind = choice_.below(10);
  note(QString("makes the window %1 x %2").arg(size.width()).arg(size.height()));
  if (kind == 0) return window_->showMaximized();
  if (kind == 1) return window_->showFullScreen();
  window_->showNormal();
  window_->resize(size);
}

void Monkey::dropFiles() {
  const QPointer<QWidget> widget = choice_.percent(50) ? window_.get() : target();
  const std::unique_ptr<QMimeData> data(material_.mime(choice_));
  if (!widget || QApplication::activeModalWidget()) return escape();
  note("drops " + (data->hasUrls() ? data->urls().first().toString() : data->text()).left(80) +
       " on " + pathOf(*widget));
  dropOn(*widget, placeIn(*widget), *data);
}

void Monkey::openFile() {
  const auto file = material_.fileToOpen(choice_);
  if (QApplication::activeModalWidget()) return escape();
  note("opens " + QString::fromStdString(file.string()));
  window_->openPath(file);
}

void Monkey::control() {
  std::vector<QAction*> actions;
  for (auto* action : window_->findChild<widgets::Transport*>()->actionsInOrder())
    if (action->isEnabled()) actions.push_back(action);
  const int chosen = choice_.among(namesOf(actions));
  if (chosen < 0 || QApplication::activeModalWidget()) return escape();
  note("chooses " + actions[static_cast<std::size_t>(chosen)]->text());
  actions[static_cast<std::size_t>(chosen)]->trigger();
}

void Monkey::closeWindow() {
  if (QApplication::activeModalWidget()) return escape();
  note("closes the window");
  window_->close();
}

void Monkey::restart() {
  if (QApplication::activeModalWidget() || QApplication::activePopupWidget()) return escape();
  note("ends the program");
  endWindow();
  openWindow();
}

void Monkey::escape() {
  auto* window = inputWindow();
  if (!window) return;
  note("presses Escape in " + pathOf(*window));
  pressKey(*window, Qt::Key_Escape);
}

/// Qt's own dialog could rename and delete anywhere: only its name field is used.
void Monkey::useFiles(QFileDialog& dialog) {
  const QPointer<QDialog> there(&dialog);
  if (choice_.percent(30)) {
    note("cancels " + dialog.windowTitle());
    return dialog.reject();
  }
  const bool saves = dialog.acceptMode() == QFileDialog::AcceptSave;
  const auto file = saves ? material_.fileToSave(choice_)
                          : QString::fromStdString(material_.fileToOpen(choice_).string());
  note("chooses " + file + " in " + dialog.windowTitle());
  connect(&dialog, &QFileDialog::fileSelected, this, [this, saves](const QString& taken) {
    if (saves && !window_->messages().text().contains(QFileInfo(taken).fileName()) &&
        !QApplication::activeModalWidget())
      checks_.claim(taken);
  });
  if (auto* name = dialog.findChild<QLineEdit*>("fileNameEdit")) name->setText(file);
  there->accept();
}

}  // namespace eq::test
