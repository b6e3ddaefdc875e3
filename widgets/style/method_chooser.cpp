#include "widgets/style/method_chooser.h"

#include <utility>

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QSignalBlocker>

namespace eq::widgets {

void MethodChooser::setEntries(std::vector<MethodEntry> entries) {
  const QSignalBlocker blocker(this);
  const QVariant present = currentData();
  entries_ = std::move(entries);
  clear();
  for (const auto& entry : entries_) {
    addItem(entry.title, entry.id);
    setItemData(count() - 1, entry.help, Qt::ToolTipRole);
  }
  if (present.isValid()) setCurrentIndex(findData(present));
}

void MethodChooser::showPopup() {
  if (list_) return;
  auto entries = entries_;
  if (remark_)
    for (auto& entry : entries) remark_(entry);
  list_ = new MethodList(std::move(entries), currentData().toString(), this);
  list_->setAccessibleName(accessibleName());
  connect(list_, &MethodList::chosen, this, &MethodChooser::choose);
  connect(list_, &MethodList::closed, this, [this] { list_.clear(); });
  list_->dropDown();
}

void MethodChooser::hidePopup() {
  if (list_) list_->close();
  ChoiceBox::hidePopup();
}

void MethodChooser::choose(const QString& id) {
  const int index = findData(id);
  setCurrentIndex(index);
  emit activated(index);
}

void MethodChooser::searchFor(QKeyEvent* letter) {
  QCoreApplication::sendEvent(&list_->search(), letter);
}

}  // namespace eq::widgets
