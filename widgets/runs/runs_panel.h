#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include <QWidget>

#include "core/run/run_folder.h"
#include "core/study/indexed_run.h"

class QAction;
class QFileSystemWatcher;
class QKeySequence;
class QTableView;
class QTimer;
class QToolBar;
class QUndoStack;

namespace eq::widgets {

class FilterField;
class ProblemLabel;
class RunColumns;
class RunLabeling;
class RunTrash;
class RunsFilter;
class RunsModel;
class RunsWatch;
class ShownRuns;

/// The runs of the workspace: filter, sort, open, resume, fork, name, throw away; by button, by
/// context menu and by key. Several can be chosen at once, to be shown, labelled or thrown away.
class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  /// \param undo takes names and the trash; outlives the panel.
  RunsPanel(const std::filesystem::path& workspace, QUndoStack& undo, QWidget* parent = nullptr);

  /// Runs can be shown in the plots beside the one in focus. \param shown outlives the panel.
  void setShown(ShownRuns& shown);
  void refresh();
  /// The run that this program trains; empty: none.
  void setTraining(const std::filesystem::path& folder);
  /// It is being made, and its folder is not known yet.
  void setPreparing(bool preparing);
  /// How far the run that is going on has come; shown twice a second.
  void showSteps(const std::filesystem::path& folder, std::int64_t steps);
  const RunsModel& model() const { return *model_; }
  /// The newest run that was interrupted; null without one.
  const run::RunInfo* interrupted() const;
  /// Puts a run that was trashed back where it was. \returns whether that went well.
  bool restore(const std::filesystem::path& folder);
  /// The chosen rows.
  std::vector<std::filesystem::path> selectedRuns() const;
  /// Chooses the rows of these runs, as far as the filter shows them.
  void select(const std::vector<std::filesystem::path>& folders);
  /// The runs that the filter shows, from top to bottom, as far as the index has them.
  std::vector<study::IndexedRunPtr> rows() const;

 signals:
  void openRequested(const std::filesystem::path& folder);
  void resumeRequested(const std::filesystem::path& folder);
  void forkRequested(const std::filesystem::path& folder);
  /// The chosen runs are to be merged.
  void mergeRequested();
  void problemMet(const QString& text);
  /// restore() undoes it.
  void trashed(const std::filesystem::path& folder);
  /// It is where it was.
  void restored(const std::filesystem::path& folder);
  void selectionChanged();
  /// rows() are others, or say something else.
  void rowsChanged();

 private:
  QWidget* makeBar();
  void makeTable();
  QAction* add(const QString& text, const QKeySequence& shortcut, const QString& help,
               const std::function<void(const std::filesystem::path&)>& act);
  void keepSelection();
  /// Of the model, not of the table.
  std::vector<int> chosenRows() const;
  std::vector<const run::RunInfo*> chosenRuns() const;
  /// The first of them; null without one.
  const run::RunInfo* chosen() const;
  void updateActions();
  /// Says which runs are not in the table because they cannot be read.
  void showUnreadable();
  void toggleShown();
  void take(const std::vector<study::IndexedRunPtr>& runs);
  std::vector<study::IndexedRunPtr> chosenIndexed() const;
  void showFolder(const std::filesystem::path& folder);
  void trash();
  void editName();
  void rename(const std::filesystem::path& folder, const QString& title);
  bool setTitle(const std::filesystem::path& folder, const std::string& title);
  /// Whether a name is being typed.
  bool isTyping() const;

  std::filesystem::path workspace_;
  QUndoStack& undo_;
  RunsModel* model_;
  RunsFilter* sorted_;
  QTableView* table_;
  ProblemLabel* unreadable_;
  QToolBar* bar_ = nullptr;
  ShownRuns* shown_ = nullptr;
  QAction* beside_ = nullptr;  ///< with `shown_`
  RunsWatch* watch_;
  FilterField* filter_;
  RunColumns* columns_;
  RunLabeling* labeling_ = nullptr;
  QAction *open_, *resume_, *fork_, *merge_, *rename_, *folder_, *trash_;
  std::filesystem::path stepping_;  ///< the run that goes on
  std::int64_t steps_ = 0;          ///< its newest step
  QTimer* stepsDelay_;              ///< until that is shown
  RunTrash* trashBin_ = nullptr;
  QTimer* tellRows_ = nullptr;
  std::vector<std::filesystem::path> kept_;  ///< selected before the rows change
  bool choosing_ = false;                    ///< the selection is lost for a moment
  QFileSystemWatcher* watcher_;
  QTimer* delay_;
};

}  // namespace eq::widgets
