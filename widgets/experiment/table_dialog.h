#pragma once

#include <memory>
#include <optional>

#include <QDialog>

#include "widgets/experiment/table_draft.h"
#include "widgets/experiment/table_rehearsal.h"

class QLabel;
class QPushButton;
class QTableView;

namespace eq::widgets {

class LatestWork;
class ProblemLabel;
class TableColumnBox;
class TableColumnsModel;
class TableReadingBar;
class TableRowsModel;
class TableSplitBar;

/// Makes an experiment of a table: how the file is read, what each column is for, what is kept for
/// validation. What is chosen is read and checked at once, large files in a thread of their own; an
/// error stands where it is, and no choice is thrown away for it. Does not block.
class TableDialog : public QDialog {
  Q_OBJECT

 public:
  explicit TableDialog(const std::filesystem::path& file, QWidget* parent = nullptr);
  /// Changes what an experiment says of its table; all else of it stays, and so do the tasks whose
  /// targets do. \throws Error when the file is gone, or naming what cannot be chosen here.
  explicit TableDialog(const train::Experiment& experiment, QWidget* parent = nullptr);
  ~TableDialog() override;

  /// Why no experiment can be opened; empty: one can.
  QString problem() const;

  void done(int result) override;

 signals:
  /// The experiment was asked for. \param tasks of its data. \param start whether to train at once.
  void chosen(const eq::train::Experiment& experiment, const std::vector<eq::TaskInfo>& tasks,
              bool start);

 private:
  TableDialog(TableDraft draft, std::optional<train::Experiment> changed, QWidget* parent);
  train::Experiment experiment() const;
  QWidget* makeTables();
  QWidget* makeFoot();
  void connectFields();

  /// Reads the file anew as the fields say: of a large one the front at once, all of it behind.
  void read();
  void readAll();
  void takePreview(std::shared_ptr<const data::TablePreview> preview);
  void failToRead(const std::string& message);
  void check();
  void takeRehearsal(const TableRehearsal& rehearsal);
  void showNotes();
  void showSelected();
  void showState();
  void takeColumn();
  void finish(bool start);

  TableDraft draft_;
  std::optional<train::Experiment> changed_;  ///< whose table is changed; none: a new one is made
  std::shared_ptr<const data::TablePreview> preview_;  ///< the newest that could be read
  std::string unreadable_;                   ///< why the file cannot be read as the fields say
  std::optional<TableRehearsal> rehearsal_;  ///< of what is chosen now; none while it is checked

  LatestWork* work_;
  TableColumnsModel* columns_;
  TableRowsModel* rows_;
  TableReadingBar* reading_;
  TableColumnBox* box_;
  TableSplitBar* split_;
  QTableView* columnView_;
  QTableView* rowView_;
  QLabel* summary_;
  ProblemLabel* readingProblem_;
  QLabel* state_;
  QPushButton* start_;
  QPushButton* open_;
};

}  // namespace eq::widgets
