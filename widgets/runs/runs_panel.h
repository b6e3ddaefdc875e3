#pragma once

#include <filesystem>
#include <utility>

#include <QWidget>

#include "core/run/run_folder.h"

class QAction;
class QFileSystemWatcher;
class QKeySequence;
class QSortFilterProxyModel;
class QTableView;
class QTimer;

namespace eq::widgets {

class ProblemLabel;
class RunsModel;

/// The runs of the workspace: filter, sort, open, resume, fork, throw away; by button, by context
/// menu and by key.
class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit RunsPanel(const std::filesystem::path& workspace, QWidget* parent = nullptr);

  void refresh();
  /// How far the run that is going on has come; shown twice a second.
  void showSteps(const std::filesystem::path& folder, std::int64_t steps);
  const RunsModel& model() const { return *model_; }
  /// The newest run that was interrupted; null without one.
  const run::RunInfo* interrupted() const;
  /// Puts the run that was trashed last back where it was.
  void restore();

 signals:
  void openRequested(const std::filesystem::path& folder);
  void resumeRequested(const std::filesystem::path& folder);
  void forkRequested(const std::filesystem::path& folder);
  void problemMet(const QString& text);
  /// \param name of the run's folder. restore() undoes it.
  void trashed(const QString& name);

 private:
  QWidget* makeBar();
  void makeTable();
  QAction* add(const QString& text, const QKeySequence& shortcut, const QString& help,
               void (RunsPanel::*act)(const std::filesystem::path&));
  /// The row that is chosen; null without one.
  const run::RunInfo* chosen() const;
  void updateActions();
  /// Says which runs are not in the table because they cannot be read.
  void showUnreadable(const std::vector<run::RunInfo>& readable);
  void showFolder(const std::filesystem::path& folder);
  void trash(const std::filesystem::path& folder);

  std::filesystem::path workspace_;
  RunsModel* model_;
  QSortFilterProxyModel* sorted_;
  QTableView* table_;
  ProblemLabel* unreadable_;
  QAction *open_, *resume_, *fork_, *folder_, *trash_;
  std::filesystem::path stepping_;                     ///< the run that goes on
  std::int64_t steps_ = 0;                             ///< its newest step
  QTimer* stepsDelay_;                                 ///< until that is shown
  std::pair<std::filesystem::path, QString> trashed_;  ///< the last: where it was, where it is
  QFileSystemWatcher* watcher_;
  QTimer* delay_;
};

}  // namespace eq::widgets
