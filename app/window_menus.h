#pragma once

#include <filesystem>

#include <QList>
#include <QObject>

class QAction;
class QDockWidget;
class QMainWindow;
class QMenu;
class QUndoStack;

namespace eq::widgets {
class PlotArea;
class Transport;
}  // namespace eq::widgets

namespace eq::app {

class RecentFiles;

/// What the menus are made of; nothing of it is kept.
struct MenuParts {
  QUndoStack& undo;
  const widgets::Transport& transport;  ///< its actions are the menu Run
  const QList<QDockWidget*>& docks;
  widgets::PlotArea& plots;
  QMenu& bestForks;                ///< stands in the menu Run
  const QList<QAction*>& studies;  ///< stand there too: races and sweeps
  const QList<QAction*>& imports;  ///< stand in the menu File
};

/// The menu bar: everything that the window can do, each with a key. Says what the user wants and
/// leaves the doing to the window; only what it looks like is changed here.
class WindowMenus : public QObject {
  Q_OBJECT

 public:
  WindowMenus(QMainWindow& window, const MenuParts& parts);

  RecentFiles& recent() { return *recent_; }

 signals:
  void galleryRequested();
  void browseRequested();
  void browseTablesRequested();
  void browseImagesRequested();
  void openRequested(const std::filesystem::path& path);
  void saveRequested();
  void exportRequested();
  void reportRequested();
  void plotsRequested();
  void layoutResetRequested();
  void frameTimesToggled(bool shown);

 private:
  void makeFileMenu(const QList<QAction*>& imports);
  void makeEditMenu(QUndoStack& undo);
  void makeViewMenu(const QList<QDockWidget*>& docks, widgets::PlotArea& plots);
  void addThemes(QMenu& menu);
  void showPreferences();
  void makeHelpMenu();

  QMainWindow& window_;
  RecentFiles* recent_;
};

}  // namespace eq::app
