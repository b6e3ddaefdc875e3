#pragma once

#include <cstddef>
#include <vector>

#include <QWidget>

#include "core/train/experiment.h"
#include "widgets/experiment/method_rules.h"

namespace eq::widgets {

class TaskCard;
class TaskTable;

/// The tasks of an experiment as cards; of many, a table with the card of the one in focus below.
class TaskList : public QWidget {
  Q_OBJECT

 public:
  explicit TaskList(QWidget* parent = nullptr);

  /// New cards. \param known one a task.
  void make(const std::vector<train::TaskSpec>& tasks, const std::vector<KnownTask>& known);
  /// More is known of the tasks; the cards stay. \pre as many as there are cards.
  void setKnown(const std::vector<KnownTask>& known);
  /// Does not emit edited(). \pre as many as there are cards.
  void setSpecs(const std::vector<train::TaskSpec>& tasks);
  std::vector<train::TaskSpec> specs() const;
  /// Whether cards show how much their task counts: where a method takes it.
  void setPreferencesShown(bool shown);
  /// Marks what differs from how the run began; empty: nothing is marked.
  void setBegun(const std::vector<train::TaskSpec>& tasks);
  /// All can be looked at, and not changed.
  void setLocked(bool locked);
  /// Null for a task that there is not.
  MethodEditor* loss(std::size_t task) const;
  /// Opens the card that `inner` stands in.
  void reveal(const QWidget& inner);

 signals:
  void edited();
  /// Losses of a task are to be compared.
  void compareRequested(int task);

 private:
  void showCards();
  void showTable();

  std::vector<TaskCard*> cards_;
  TaskTable* table_;
  bool locked_ = false;
  bool preferences_ = false;
};

}  // namespace eq::widgets
