#include "widgets/runs/run_edit.h"

#include <utility>

namespace eq::widgets {

RunEdit::RunEdit(const QString& text, Deed again, Deed back)
    : QUndoCommand(text), again_(std::move(again)), back_(std::move(back)) {}

void RunEdit::redo() {
  if (std::exchange(fresh_, false)) return;
  if (!again_()) setObsolete(true);
}

void RunEdit::undo() {
  if (!back_()) setObsolete(true);
}

}  // namespace eq::widgets
