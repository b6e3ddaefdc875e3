#pragma once

class QMainWindow;

namespace eq::widgets {
class PlotArea;
}

namespace eq::app {

/// Remembers size, docks and plots in the user's settings.
void saveLayout(const QMainWindow& window, widgets::PlotArea& plots);
/// As they were remembered; without that, changes nothing.
void restoreLayout(QMainWindow& window, widgets::PlotArea& plots);

}  // namespace eq::app
