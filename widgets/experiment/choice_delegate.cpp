#include "widgets/experiment/choice_delegate.h"

#include <algorithm>

#include <QAbstractItemView>
#include <QApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QTimer>

#include "widgets/style/choice_box.h"

namespace eq::widgets {

ChoiceDelegate::ChoiceDelegate(int choicesRole, QObject* parent)
    : QStyledItemDelegate(parent), choicesRole_(choicesRole) {}

void ChoiceDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const {
  if (index.data(choicesRole_).toStringList().isEmpty())
    return QStyledItemDelegate::paint(painter, option, index);
  QStyleOptionViewItem cell = option;
  initStyleOption(&cell, index);
  cell.text.clear();
  const auto* style = cell.widget ? cell.widget->style() : QApplication::style();
  style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
  QStyleOptionComboBox box;
  box.rect = option.rect.adjusted(1, 1, -1, -1);
  box.state = option.state & ~QStyle::State_Selected & ~QStyle::State_HasFocus;
  box.palette = option.palette;
  box.fontMetrics = option.fontMetrics;
  box.editable = false;
  box.currentText = index.data(Qt::DisplayRole).toString();
  style->drawComplexControl(QStyle::CC_ComboBox, &box, painter, cell.widget);
  style->drawControl(QStyle::CE_ComboBoxLabel, &box, painter, cell.widget);
}

QSize ChoiceDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  constexpr int kArrow = 34;    // pixels, with the frame
  constexpr int kMeasured = 6;  // choices; those behind them are longer and rare
  auto size = QStyledItemDelegate::sizeHint(option, index);
  for (const auto& text : index.data(choicesRole_).toStringList().mid(0, kMeasured))
    size.setWidth(std::max(size.width(), option.fontMetrics.horizontalAdvance(text) + kArrow));
  return size;
}

QWidget* ChoiceDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                      const QModelIndex& index) const {
  auto* box = new ChoiceBox(parent);
  box->addItems(index.data(choicesRole_).toStringList());
  box->setAccessibleName(
      index.model()->headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString());
  box->view()->setMinimumWidth(box->view()->sizeHintForColumn(0) + 30);
  auto* self = const_cast<ChoiceDelegate*>(this);
  connect(box, &QComboBox::activated, self, [self, box] {
    emit self->commitData(box);
    emit self->closeEditor(box);
  });
  QTimer::singleShot(0, box, &QComboBox::showPopup);
  return box;
}

void ChoiceDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
  static_cast<ChoiceBox*>(editor)->setCurrentIndex(index.data(Qt::EditRole).toInt());
}

void ChoiceDelegate::setModelData(QWidget* editor, QAbstractItemModel* model,
                                  const QModelIndex& index) const {
  model->setData(index, static_cast<ChoiceBox*>(editor)->currentIndex(), Qt::EditRole);
}

ChoiceTable::ChoiceTable(QWidget* parent) : QTableView(parent) {
  setEditTriggers(EditKeyPressed);
  connect(this, &QTableView::clicked, this, &ChoiceTable::choose);
}

bool ChoiceTable::choose(const QModelIndex& index) {
  const bool can = index.flags().testFlag(Qt::ItemIsEditable);
  if (can) edit(index);
  return can;
}

void ChoiceTable::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  const bool chooses = key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Space;
  if (chooses && choose(currentIndex())) return event->accept();
  QTableView::keyPressEvent(event);
}

}  // namespace eq::widgets
