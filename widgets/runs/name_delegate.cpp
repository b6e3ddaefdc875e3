#include "widgets/runs/name_delegate.h"

#include <QEvent>

#include "widgets/runs/runs_model.h"

namespace eq::widgets {

void NameDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
  QStyledItemDelegate::initStyleOption(option, index);
  const int depth = index.data(RunsModel::kDepthRole).toInt();
  if (depth > 0) option->text.prepend(QString(4 * (depth - 1), ' ') + "└ ");
}

bool NameDelegate::eventFilter(QObject* editor, QEvent* event) {
  if (event->type() != QEvent::ShortcutOverride)
    return QStyledItemDelegate::eventFilter(editor, event);
  event->accept();
  return true;
}

}  // namespace eq::widgets
