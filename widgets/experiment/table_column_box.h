#pragma once

#include <string>
#include <vector>

#include <QGroupBox>

#include "widgets/experiment/table_draft.h"
#include "widgets/experiment/table_notes.h"

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace eq::widgets {

/// One column in full: what was found and is to be said, its unit where it is a number to be
/// predicted, the order of its classes where that counts.
class TableColumnBox : public QGroupBox {
  Q_OBJECT

 public:
  explicit TableColumnBox(QWidget* parent = nullptr);

  void showColumn(const data::TablePreview& preview, std::size_t column, const ColumnChoice& choice,
                  const std::vector<TableNote>& notes);
  void clear();

  QString unit() const;
  std::vector<std::string> order() const;

 signals:
  void unitEdited();
  void orderEdited();

 private:
  void showOrder(const std::vector<std::string>& order);
  void move(int by);

  QLabel* text_;
  QLabel* unitLabel_;
  QLineEdit* unit_;
  QWidget* ordering_;
  QListWidget* order_;
};

}  // namespace eq::widgets
