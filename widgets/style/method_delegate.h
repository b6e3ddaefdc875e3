#pragma once

#include <QStyledItemDelegate>

namespace eq::widgets {

/// Draws the rows of a MethodList: families as headings; of an entry its title, its sentence and
/// its note in a line each, shortened to the width. What does not fit is grey.
class MethodDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  /// Data of an entry; a heading has none of these.
  enum Role { Id = Qt::UserRole, Summary, Note, Fits, Present };

  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace eq::widgets
