#include "widgets/runs/name_delegate.h"

#include <QEvent>

namespace eq::widgets {

bool NameDelegate::eventFilter(QObject* editor, QEvent* event) {
  if (event->type() != QEvent::ShortcutOverride)
    return QStyledItemDelegate::eventFilter(editor, event);
  event->accept();
  return true;
}

}  // namespace eq::widgets
