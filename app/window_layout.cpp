#include "app/window_layout.h"

#include <functional>

#include <QCoreApplication>
#include <QMainWindow>
#include <QSettings>
#include <QUndoStack>

#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/style/done_edit.h"

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

void resetLayout(QMainWindow& window, widgets::PlotArea& plots, const QByteArray& standard,
                 QUndoStack& undo) {
  const auto set = [&](const QByteArray& docks, const QByteArray& area) {
    return [&window, &plots, docks, area] {
      return window.restoreState(docks) && plots.setLayoutState(area);
    };
  };
  const auto back = set(window.saveState(), plots.layoutState());
  window.restoreState(standard);
  plots.resetLayout();
  const auto again = set(window.saveState(), plots.layoutState());
  undo.push(new widgets::DoneEdit(QCoreApplication::translate("eq::app", "layout of the window"),
                                  again, back));
}

void keep(QUndoStack& undo, const widgets::PlotEdit& edit) {
  const auto done = [](const std::function<void()>& deed) {
    return [deed] {
      deed();
      return true;
    };
  };
  undo.push(new widgets::DoneEdit(edit.text, done(edit.again), done(edit.back), edit.key));
}

}  // namespace eq::app
