#pragma once

#include <QWidget>

#include "widgets/session/run_data.h"

class QLabel;
class QSortFilterProxyModel;
class QTableView;
class QTimer;

namespace eq::widgets {

class PairsModel;

/// The pairs of tasks of a run, those with the lowest mean cosine on top until another column is
/// chosen to sort by; a line above names the worst. Can be copied.
class PairsTable : public QWidget {
  Q_OBJECT

 public:
  /// \param data outlives the table.
  explicit PairsTable(const RunData& data, QWidget* parent = nullptr);

  QTableView& view() const { return *view_; }
  /// The line above the table.
  QString words() const;

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void refreshLater();
  void refresh();

  const RunData& data_;
  PairsModel* model_;
  QSortFilterProxyModel* sorted_;
  QTableView* view_;
  QLabel* words_;
  QTimer* later_;
};

}  // namespace eq::widgets
