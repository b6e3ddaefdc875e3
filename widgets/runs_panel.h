#pragma once

#include <filesystem>

#include <QWidget>

class QFileSystemWatcher;
class QSortFilterProxyModel;
class QTableView;
class QTimer;

namespace eq::widgets {

class RunsModel;

/// The runs of the workspace: filter, sort, open, resume, fork, throw away.
class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit RunsPanel(const std::filesystem::path& workspace, QWidget* parent = nullptr);

  void refresh();
  const RunsModel& model() const { return *model_; }
  /// The newest run that was interrupted; empty without one.
  std::filesystem::path interrupted() const;

 signals:
  void openRequested(const std::filesystem::path& folder);
  void resumeRequested(const std::filesystem::path& folder);
  void forkRequested(const std::filesystem::path& folder);
  void problemMet(const QString& text);

 private:
  std::filesystem::path folderAt(const QModelIndex& index) const;
  void showMenu(const QPoint& position);
  void trash(const std::filesystem::path& folder);

  std::filesystem::path workspace_;
  RunsModel* model_;
  QSortFilterProxyModel* sorted_;
  QTableView* table_;
  QFileSystemWatcher* watcher_;
  QTimer* delay_;
};

}  // namespace eq::widgets
