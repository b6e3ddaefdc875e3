#pragma once

#include <QStyledItemDelegate>

namespace eq::widgets {

/// Draws a share, which is the cell's Qt::UserRole, as a bar behind its text. Other cells as usual.
class ConfidenceDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  /// Whether the numbers are shares.
  void setBars(bool bars) { bars_ = bars; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;

 private:
  bool bars_ = false;
};

}  // namespace eq::widgets
