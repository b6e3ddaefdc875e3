#pragma once

#include "widgets/session/newest_work.h"

namespace eq::train {
struct Experiment;
}

namespace eq::widgets {
class ExperimentPanel;
}

namespace eq::app {

/// Before the first start, what the data say of the tasks: their kinds, how many examples each
/// class has. The data are read in a thread of its own, and the panel told if it still shows that
/// experiment. What is wrong with them is said when the run is started.
class TaskLookup {
 public:
  /// \param panel outlives it.
  explicit TaskLookup(widgets::ExperimentPanel& panel) : panel_(panel) {}

  void ask(const train::Experiment& experiment);

 private:
  widgets::ExperimentPanel& panel_;
  widgets::NewestWork work_;
};

}  // namespace eq::app
