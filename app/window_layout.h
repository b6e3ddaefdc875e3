#pragma once

#include <QByteArray>

class QMainWindow;
class QUndoStack;

namespace eq::widgets {
class PlotArea;
struct PlotEdit;
}  // namespace eq::widgets

namespace eq::app {

/// Remembers size, docks and plots in the user's settings.
void saveLayout(const QMainWindow& window, widgets::PlotArea& plots);
/// As they were remembered; without that, changes nothing.
void restoreLayout(QMainWindow& window, widgets::PlotArea& plots);

/// The standard layout of the docks and the plots; can be undone.
/// \param standard of the docks.
void resetLayout(QMainWindow& window, widgets::PlotArea& plots, const QByteArray& standard,
                 QUndoStack& undo);
/// Puts a changed setting of the plots on the stack.
void keep(QUndoStack& undo, const widgets::PlotEdit& edit);

}  // namespace eq::app
