#pragma once

#include <QStyledItemDelegate>

namespace eq::widgets {

/// While a name is typed, all keys are the editor's: Return does not open the run, nor Delete throw
/// it away.
class NameDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  bool eventFilter(QObject* editor, QEvent* event) override;
};

}  // namespace eq::widgets
