#pragma once

#include <QMenu>

namespace eq::widgets {
class RunData;
}

namespace eq::app {

class RunController;
class RunRequests;

/// A menu of the steps at which the run that is shown was best on the validation split, one a task
/// by its first metric; a choice forks the run there.
class BestForks : public QMenu {
  Q_OBJECT

 public:
  /// All outlive the menu.
  BestForks(const widgets::RunData& data, const RunController& controller, RunRequests& requests,
            QWidget* parent = nullptr);

 private:
  void fill();

  const widgets::RunData& data_;
  const RunController& controller_;
  RunRequests& requests_;
};

}  // namespace eq::app
