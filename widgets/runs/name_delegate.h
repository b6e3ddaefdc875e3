#pragma once

#include <QStyledItemDelegate>

namespace eq::widgets {

/// The names of runs; those of forks are moved in under that of the run that they came from. While
/// a name is typed, all keys are the editor's: Return does not open the run, nor Delete throw it
/// away.
class NameDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  bool eventFilter(QObject* editor, QEvent* event) override;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

}  // namespace eq::widgets
