#include "app/window_layout.h"

#include <QMainWindow>
#include <QSettings>

#include "widgets/plots/plot_area.h"

namespace eq::app {

void saveLayout(const QMainWindow& window, widgets::PlotArea& plots) {
  QSettings settings;
  settings.setValue("geometry", window.saveGeometry());
  settings.setValue("layout", window.saveState());
  settings.setValue("plotLayout", plots.layoutState());
}

void restoreLayout(QMainWindow& window, widgets::PlotArea& plots) {
  const QSettings settings;
  window.restoreGeometry(settings.value("geometry").toByteArray());
  window.restoreState(settings.value("layout").toByteArray());
  plots.setLayoutState(settings.value("plotLayout").toByteArray());
}

}  // namespace eq::app
