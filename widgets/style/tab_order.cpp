#include "widgets/style/tab_order.h"

#include <QLayout>
#include <QList>
#include <QWidget>

namespace eq::widgets {
namespace {

void collect(QWidget& widget, QList<QWidget*>& found);

void collectIn(const QLayout& layout, QList<QWidget*>& found) {
  for (int i = 0; i < layout.count(); ++i) {
    auto* item = layout.itemAt(i);
    if (auto* widget = item->widget()) collect(*widget, found);
    if (auto* inner = item->layout()) collectIn(*inner, found);
  }
}

void collect(QWidget& widget, QList<QWidget*>& found) {
  if ((widget.focusPolicy() & Qt::TabFocus) && !widget.focusProxy()) found << &widget;
  if (widget.layout()) collectIn(*widget.layout(), found);
}

}  // namespace

void orderTabs(QWidget& root) {
  QList<QWidget*> found;
  collect(root, found);
  for (int i = 1; i < found.size(); ++i) QWidget::setTabOrder(found[i - 1], found[i]);
}

}  // namespace eq::widgets
