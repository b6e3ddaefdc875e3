#include "widgets/style/done_edit.h"

#include <utility>

namespace eq::widgets {
namespace {

constexpr int kKeyed = 1;

}  // namespace

DoneEdit::DoneEdit(const QString& text, Deed again, Deed back, const QString& key)
    : QUndoCommand(text), again_(std::move(again)), back_(std::move(back)), key_(key) {}

void DoneEdit::redo() {
  if (std::exchange(fresh_, false)) return;
  if (!again_()) setObsolete(true);
}

void DoneEdit::undo() {
  if (!back_()) setObsolete(true);
}

int DoneEdit::id() const {
  return key_.isEmpty() ? -1 : kKeyed;
}

bool DoneEdit::mergeWith(const QUndoCommand* newer) {
  const auto* edit = dynamic_cast<const DoneEdit*>(newer);
  if (!edit || edit->key_ != key_) return false;
  setText(edit->text());
  again_ = edit->again_;
  return true;
}

}  // namespace eq::widgets
