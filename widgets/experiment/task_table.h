#pragma once

#include <vector>

#include <QTableWidget>

#include "core/train/experiment.h"

namespace eq::widgets {

/// Many tasks at a glance: on or off, name in the task's colour, loss, weight. The current row is
/// the task whose card is open; boxes in the first column switch tasks on and off.
class TaskTable : public QTableWidget {
  Q_OBJECT

 public:
  explicit TaskTable(QWidget* parent = nullptr);

  /// Does not emit. \param problems one a task: why its card is not in force; empty: it is.
  void showTasks(const std::vector<train::TaskSpec>& tasks, const QStringList& problems);
  /// Tasks can be looked at, and not switched.
  void setLocked(bool locked);
  /// The task in focus; -1 without tasks.
  int task() const { return currentRow(); }
  void setTask(int task) { setCurrentCell(task, 0); }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }

 signals:
  void taskChosen(int task);
  void switched(int task, bool on);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QTableWidgetItem& cell(int row, int column, const QString& text, const QString& toolTip);
  void showTask(int row, const train::TaskSpec& task, const QString& problem);
  void showColours();

  bool locked_ = false;
};

}  // namespace eq::widgets
