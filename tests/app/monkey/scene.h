#pragma once

#include <vector>

#include <QAction>
#include <QStringList>
#include <QWidget>

namespace eq::test {

/// What a person could reach now: an open menu alone, else a modal dialog alone, else everything.
std::vector<QWidget*> reachableWindows();
/// Their visible and enabled widgets.
std::vector<QWidget*> reachableWidgets();
/// Those of them with something to press, type into, choose or turn.
std::vector<QWidget*> controlsAmong(const std::vector<QWidget*>& widgets);
/// Those of them that take text.
std::vector<QWidget*> editorsAmong(const std::vector<QWidget*>& widgets);
/// Enabled and visible actions of menus and tool bars; none while a dialog is in front.
std::vector<QAction*> reachableActions(const QWidget& window);

/// Classes, names and places from the window down: the same in each run of the program.
QString pathOf(const QWidget& widget);
QStringList namesOf(const std::vector<QWidget*>& widgets);
QStringList namesOf(const std::vector<QAction*>& actions);

/// Scrolls until the widget is on the screen, as a person does.
void bringIntoView(QWidget& widget);

}  // namespace eq::test
