#pragma once

#include <QStyledItemDelegate>
#include <QTableView>

namespace eq::widgets {

/// Draws the cells that can be chosen as combo boxes, and lets choose by one click or key: texts
/// from `choicesRole`, the index of the one in force from Qt::EditRole.
class ChoiceDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  explicit ChoiceDelegate(int choicesRole, QObject* parent = nullptr);

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const override;
  void setEditorData(QWidget* editor, const QModelIndex& index) const override;
  void setModelData(QWidget* editor, QAbstractItemModel* model,
                    const QModelIndex& index) const override;

 private:
  int choicesRole_;
};

/// A table whose cells are chosen by a click, or by Return, F2 or Space where the focus is.
class ChoiceTable : public QTableView {
  Q_OBJECT

 public:
  explicit ChoiceTable(QWidget* parent = nullptr);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  bool choose(const QModelIndex& index);
};

}  // namespace eq::widgets
