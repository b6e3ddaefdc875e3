#pragma once

#include <functional>

#include <QString>
#include <QUndoCommand>

namespace eq::widgets {

/// Something that was done before it comes to the stack: to a run, to the plots. What can no longer
/// be done, because the folder is elsewhere by now, leaves the stack.
class DoneEdit : public QUndoCommand {
 public:
  using Deed = std::function<bool()>;  ///< \returns whether it could be done

  /// \param again does it once more; it is done when the edit is made.
  /// \param key edits of one key that follow each other are undone as one; empty: each alone.
  DoneEdit(const QString& text, Deed again, Deed back, const QString& key = {});

  void redo() override;
  void undo() override;
  int id() const override;
  bool mergeWith(const QUndoCommand* newer) override;

 private:
  Deed again_, back_;
  QString key_;
  bool fresh_ = true;
};

}  // namespace eq::widgets
