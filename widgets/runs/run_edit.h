#pragma once

#include <functional>

#include <QUndoCommand>

namespace eq::widgets {

/// Something that was done to a run, and how it is undone. What can no longer be done, because the
/// folder is elsewhere by now, leaves the stack.
class RunEdit : public QUndoCommand {
 public:
  using Deed = std::function<bool()>;  ///< \returns whether it could be done

  /// \param again does it once more; it is done when the edit is made.
  RunEdit(const QString& text, Deed again, Deed back);

  void redo() override;
  void undo() override;

 private:
  Deed again_, back_;
  bool fresh_ = true;
};

}  // namespace eq::widgets
