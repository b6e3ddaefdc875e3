#include "app/window_menus.h"

#include <QAction>
#include <QActionGroup>
#include <QDockWidget>
#include <QMainWindow>
#include <QMenuBar>
#include <QUndoGroup>
#include <QUndoStack>

#include "app/about.h"
#include "app/help_dialogs.h"
#include "app/preferences.h"
#include "app/preferences_dialog.h"
#include "app/recent_files.h"
#include "widgets/plots/layout_menu.h"
#include "widgets/plots/plot_area.h"
#include "widgets/session/transport.h"
#include "widgets/style/command_palette.h"

namespace eq::app {

using namespace widgets;

WindowMenus::WindowMenus(QMainWindow& window, const MenuParts& parts)
    : QObject(&window), window_(window) {
  makeFileMenu(parts.imports);
  makeEditMenu(parts.undo);
  auto* run = window_.menuBar()->addMenu(tr("&Run"));
  run->addActions(parts.transport.actionsInOrder());
  run->addMenu(&parts.bestForks);
  run->addSeparator();
  run->addActions(parts.studies);
  makeViewMenu(parts.docks, parts.plots);
  makeHelpMenu();
}

/// Keys are spelled out, here and elsewhere: a standard key of QKeySequence is the desktop's
/// choice, which can be none, or another action's.
void WindowMenus::makeFileMenu(const QList<QAction*>& imports) {
  auto* menu = window_.menuBar()->addMenu(tr("&File"));
  connect(menu->addAction(tr("&New from a sample…"), Qt::CTRL | Qt::Key_N), &QAction::triggered,
          this, &WindowMenus::galleryRequested);
  connect(menu->addAction(tr("New from a &table (CSV)…"), Qt::CTRL | Qt::Key_T),
          &QAction::triggered, this, &WindowMenus::browseTablesRequested);
  connect(menu->addAction(tr("New from &images (folder)…")), &QAction::triggered, this,
          &WindowMenus::browseImagesRequested);
  connect(menu->addAction(tr("&Open an experiment, a table or a run…"), Qt::CTRL | Qt::Key_O),
          &QAction::triggered, this, &WindowMenus::browseRequested);
  recent_ = new RecentFiles(&window_);
  menu->addMenu(recent_);
  connect(recent_, &RecentFiles::openRequested, this, &WindowMenus::openRequested);
  connect(menu->addAction(tr("&Save the experiment as…"), Qt::CTRL | Qt::Key_S),
          &QAction::triggered, this, &WindowMenus::saveRequested);
  menu->addSeparator();
  menu->addActions(imports);
  connect(menu->addAction(tr("&Export the plots…"), QKeySequence(Qt::CTRL | Qt::Key_E)),
          &QAction::triggered, this, &WindowMenus::exportRequested);
  connect(menu->addAction(tr("&Report of the runs shown…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E),
          &QAction::triggered, this, &WindowMenus::reportRequested);
  menu->addSeparator();
  connect(menu->addAction(tr("&Quit"), Qt::CTRL | Qt::Key_Q), &QAction::triggered, &window_,
          &QWidget::close);
}

void WindowMenus::makeEditMenu(QUndoStack& undo) {
  auto* menu = window_.menuBar()->addMenu(tr("&Edit"));
  auto* group = new QUndoGroup(this);  // the panel takes its stack out while it is locked
  group->addStack(&undo);
  undo.setActive();
  auto* undoAction = group->createUndoAction(this, tr("&Undo"));
  undoAction->setShortcut(Qt::CTRL | Qt::Key_Z);
  auto* redoAction = group->createRedoAction(this, tr("&Redo"));
  redoAction->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_Z);
  menu->addActions({undoAction, redoAction});
  menu->addSeparator();
  connect(menu->addAction(tr("&Preferences…"), Qt::CTRL | Qt::Key_Comma), &QAction::triggered, this,
          &WindowMenus::showPreferences);
}

void WindowMenus::showPreferences() {
  auto* dialog = new PreferencesDialog(&window_);
  connect(dialog, &PreferencesDialog::changed, this, &applyAppearance);
  dialog->open();
}

void WindowMenus::makeViewMenu(const QList<QDockWidget*>& docks, PlotArea& plots) {
  auto* menu = window_.menuBar()->addMenu(tr("&View"));
  for (auto* dock : docks) menu->addAction(dock->toggleViewAction());
  menu->addSeparator();
  auto* plotsMenu = menu->addMenu(tr("&Plots"));
  for (auto* dock : plots.docks()) {
    plotsMenu->addAction(dock->toggleViewAction());
    connect(dock->toggleViewAction(), &QAction::triggered, this, &WindowMenus::plotsRequested);
  }
  auto* layouts = new LayoutMenu(plots, menu);
  menu->addMenu(layouts);
  connect(layouts, &LayoutMenu::chosen, this, &WindowMenus::plotsRequested);
  connect(menu->addAction(tr("&Reset the layout")), &QAction::triggered, this,
          &WindowMenus::layoutResetRequested);
  menu->addSeparator();
  addThemes(*menu);
  auto* frames = menu->addAction(tr("&Frame times"), QKeySequence(Qt::Key_F12));
  frames->setCheckable(true);
  connect(frames, &QAction::toggled, this, &WindowMenus::frameTimesToggled);
}

void WindowMenus::addThemes(QMenu& menu) {
  auto* themes = menu.addMenu(tr("&Theme"));
  auto* group = new QActionGroup(this);
  const auto add = [&](const QString& title, const QString& name) {
    auto* action = group->addAction(themes->addAction(title));
    action->setCheckable(true);
    connect(themes, &QMenu::aboutToShow, action,
            [action, name] { action->setChecked(name == Preferences::kept().theme); });
    connect(action, &QAction::triggered, this, [name] {
      auto preferences = Preferences::kept();
      preferences.theme = name;
      preferences.keep();
      applyAppearance(preferences);
    });
  };
  add(tr("As the &desktop"), "system");
  add(tr("&Light"), "light");
  add(tr("D&ark"), "dark");
}

void WindowMenus::makeHelpMenu() {
  auto* menu = window_.menuBar()->addMenu(tr("&Help"));
  connect(menu->addAction(tr("&Commands and fields…"), Qt::CTRL | Qt::Key_K), &QAction::triggered,
          this, [this] { (new CommandPalette(window_))->open(); });
  connect(menu->addAction(tr("&Keys and gestures"), Qt::Key_F1), &QAction::triggered, this,
          [this] { showKeys(window_); });
  connect(menu->addAction(tr("&Read me")), &QAction::triggered, this,
          [this] { showReadme(window_); });
  connect(menu->addAction(tr("&About Equipoise")), &QAction::triggered, this,
          [this] { showAbout(&window_); });
}

}  // namespace eq::app
