#pragma once

#include <functional>
#include <vector>

#include <QPointer>

#include "widgets/style/choice_box.h"
#include "widgets/style/method_list.h"

namespace eq::widgets {

/// A box that shows one method and drops a MethodList down to choose another. The data of an item
/// is its id; `activated` tells a choice.
class MethodChooser : public ChoiceBox {
  Q_OBJECT

 public:
  using ChoiceBox::ChoiceBox;

  /// In place of those that were there. The choice stays where its id is among them.
  void setEntries(std::vector<MethodEntry> entries);
  /// Asked for each entry whenever the list drops down: it may add the note and what speaks
  /// against it, as things are then.
  void setRemarks(std::function<void(MethodEntry&)> remark) { remark_ = std::move(remark); }

  void showPopup() override;
  void hidePopup() override;
  /// While it is dropped down; else null.
  MethodList* list() const { return list_; }

 protected:
  void searchFor(QKeyEvent* letter) override;

 private:
  void choose(const QString& id);

  std::vector<MethodEntry> entries_;
  std::function<void(MethodEntry&)> remark_;
  QPointer<MethodList> list_;
};

}  // namespace eq::widgets
