#pragma once

#include <QObject>
#include <QString>

#include "core/base/text_table.h"

class QAbstractItemView;

namespace eq::widgets {

/// What a table or a list with columns shows, in the order of its rows and columns: the selected
/// rows, or all where none is. Cells at the right whose Qt::UserRole is a number
/// are numbers, exact.
/// \param every all rows, whatever is selected. \pre view is a QTableView or a QTreeView.
TextTable textTableOf(const QAbstractItemView& view, bool every = false);

/// Lets a view be copied: with Ctrl+C as tab-separated text for a spreadsheet (the selected rows,
/// or all without any), by menu as CSV, Markdown and LaTeX (the selected rows where they are
/// several, else all). Its actions are the view's: they stand
/// in its menu of actions and are found by Ctrl+K.
class TableCopy : public QObject {
  Q_OBJECT

 public:
  /// \param title of the table in what is copied.
  TableCopy(QAbstractItemView& view, const QString& title);

  void copy(TableFormat format) const;

 private:
  QAbstractItemView& view_;
  QString title_;
};

}  // namespace eq::widgets
