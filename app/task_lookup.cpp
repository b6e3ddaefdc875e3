#include "app/task_lookup.h"

#include <exception>

#include "core/train/experiment.h"
#include "core/train/known_tasks.h"
#include "widgets/experiment/experiment_panel.h"

namespace eq::app {

void TaskLookup::ask(const train::Experiment& experiment) {
  if (experiment.data.id.empty()) return;  // imported
  work_.ask([this, experiment](const auto&) -> widgets::NewestWork::Done {
    try {
      return [this, experiment, known = train::knownTasks(experiment)] {
        const auto& shown = panel_.experiment();
        const bool same = shown.data == experiment.data && shown.seed == experiment.seed;
        if (same && !panel_.running()) panel_.learn(known);
      };
    } catch (const std::exception&) {  // said at the start, where it can be acted on
      return [] {};
    }
  });
}

}  // namespace eq::app
