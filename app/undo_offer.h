#pragma once

#include <cstdint>
#include <map>

#include <QObject>

class QUndoStack;

namespace eq::widgets {
class MessageBar;
class RunData;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class RunRequests;

/// A change of a run that goes on is taken back from the present step on, what it did until then
/// stays: so a fork that never had it is offered.
class UndoOffer : public QObject {
  Q_OBJECT

 public:
  /// All outlive it.
  UndoOffer(QUndoStack& undo, const widgets::RunData& data, const RunController& controller,
            RunRequests& requests, widgets::MessageBar& messages, QObject* parent = nullptr);

 private:
  void follow(int index);
  /// Whether the edit before an index of the stack changes the experiment.
  bool isChange(int index) const;
  /// The step of the first change at or after one; -1: there is none.
  std::int64_t changeAfter(std::int64_t step) const;
  void offer(std::int64_t step);

  const QUndoStack& undo_;
  const widgets::RunData& data_;
  const RunController& controller_;
  RunRequests& requests_;
  widgets::MessageBar& messages_;
  std::map<int, std::int64_t> made_;  ///< index of an edit: the step at which it was made
  int index_ = 0;
};

}  // namespace eq::app
