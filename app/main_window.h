#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <QMainWindow>

#include "widgets/session/session.h"

class QLabel;
class QStackedWidget;
class QUndoStack;

namespace eq::widgets {
class CursorTable;
class ExperimentPanel;
class FrameMeter;
class Gallery;
class LossExplorer;
class MessageBar;
class PlotArea;
class PlotLink;
class PlotPanel;
class QueuePanel;
class RunData;
class RunsPanel;
class ShownRuns;
class Timeline;
class Transport;
}  // namespace eq::widgets

namespace eq::app {

class AwayBar;
class RecentFiles;
class RecordedRun;
class RunController;
class RunRequests;
class RunView;
class ScriptGate;
class StudyLink;
class WindowMenus;

/// Composes the panels, and passes what one says to the others. Decides nothing about learning.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  /// \param workspace folder of the runs; it exists.
  /// \param factory makes the jobs; tests put their own.
  explicit MainWindow(const std::filesystem::path& workspace,
                      widgets::Session::JobFactory factory = widgets::makeRunnerJob);
  ~MainWindow() override;

  /// An experiment file, a table, a folder of images or a run folder. Says what is wrong in the
  /// message bar. \param then done once it is open: at once, or when the user has said that files
  /// of its losses are trusted. \returns whether it could be read.
  bool openPath(
      const std::filesystem::path& path, const std::function<void()>& then = [] {});
  void openExperiment(
      const train::Experiment& experiment, const std::function<void()>& then = [] {});
  /// With what is half typed; refuses, and names the field, where a text does not count.
  /// \param paused without a step yet.
  void startExperiment(bool paused = false);
  void showFrameTimes(bool shown);
  /// The desktop's session ends, and the program with it: stops the run with its checkpoint and
  /// keeps the layout before it returns.
  void endSession();
  /// Offers the newest run that was interrupted, if there is one.
  void offerInterrupted();

  RunController& runs() { return *controller_; }
  widgets::RunData& data() { return *data_; }
  widgets::ExperimentPanel& experimentPanel() { return *experiment_; }
  widgets::PlotArea& plots() { return *plots_; }
  widgets::ShownRuns& shown() { return *shown_; }
  widgets::LossExplorer& explorer() { return *explorer_; }
  widgets::MessageBar& messages() { return *messages_; }
  widgets::FrameMeter& frameMeter() { return *frames_; }
  widgets::QueuePanel& queue() { return *queue_; }

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  QDockWidget* addDock(const QString& title, const QString& name, QWidget* content,
                       Qt::DockWidgetArea area);
  void makeDocks();
  void connectMenus();
  void connectController();
  void connectPanels();

  void makeView();
  void browse();
  void browseTables();
  void browseImages();
  /// \throws Error when they are none.
  void openImages(const std::filesystem::path& folder, const std::function<void()>& then);
  void saveExperiment();
  void exportPlots(const std::vector<widgets::PlotPanel*>& panels);
  /// A remark that nobody has to act on.
  void tell(const QString& text);
  void showGallery();
  void showPlots();
  void turnTo(QWidget& page);
  void resetLayout();
  /// Takes what is half typed in the experiment. \returns false, and says which, where a field does
  /// not count.
  bool settled();
  /// Does `work`; an Error goes to the message bar. \returns whether it went well.
  bool tried(const std::function<void()>& work);

  QByteArray standardLayout_;
  std::unique_ptr<ScriptGate> gate_;

  QUndoStack* undo_;
  widgets::RunData* data_;
  widgets::PlotLink* link_;
  widgets::ShownRuns* shown_;
  QStackedWidget* pages_;
  widgets::Gallery* gallery_;
  widgets::PlotArea* plots_;
  widgets::LossExplorer* explorer_;
  widgets::MessageBar* messages_;
  widgets::Transport* transport_;
  widgets::ExperimentPanel* experiment_;
  widgets::Timeline* timeline_;
  widgets::RunsPanel* runsPanel_;
  widgets::QueuePanel* queue_;
  widgets::CursorTable* cursor_;
  widgets::FrameMeter* frames_;
  QList<QDockWidget*> docks_;
  WindowMenus* menus_;
  RecordedRun* recorded_;
  RecentFiles* recent_;  ///< of the menus
  QLabel* place_;        ///< in the status bar: what is open, and where it is kept
  RunController* controller_;
  RunRequests* requests_;
  AwayBar* away_;
  StudyLink* studies_;
  RunView* view_;
};

}  // namespace eq::app
