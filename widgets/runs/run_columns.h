#pragma once

#include <string>
#include <vector>

#include <QObject>

class QTableView;

namespace eq::widgets {

class RunsModel;

/// The chosen columns of the table of runs: its header's menu adds and takes away, and they are
/// kept from one start to the next.
class RunColumns : public QObject {
  Q_OBJECT

 public:
  /// \param table shows the model, sorted or not.
  RunColumns(QTableView* table, RunsModel& model);

  /// What the runs have, to choose from.
  void setNames(std::vector<std::string> names) { names_ = std::move(names); }
  /// Shows an expression in a column of its own. \returns what is wrong with it; empty when it
  /// stands there.
  QString addColumn(const QString& text);
  void removeColumn(int column);

 signals:
  void problemMet(const QString& text);

 private:
  void showMenu(const QPoint& place);
  void ask(const QString& text);
  void keep() const;

  QTableView* table_;
  RunsModel& model_;
  std::vector<std::string> names_;
};

}  // namespace eq::widgets
