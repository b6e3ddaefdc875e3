#include "core/train/known_tasks.h"

#include "core/data/class_counts.h"
#include "core/data/problem.h"
#include "core/train/task_runtime.h"
#include "core/train/trainer.h"

namespace eq::train {

KnownTasks knownTasks(const Experiment& experiment) {
  const auto problem = loadProblem(experiment);
  KnownTasks known{problem.tasks, experiment.tasks, {}};
  if (experiment.tasks.empty()) known.specs = resolved(experiment, problem).tasks;
  for (size_t task = 0; task < problem.tasks.size(); ++task)
    known.classCounts.push_back(data::classCounts(problem, task));
  return known;
}

}  // namespace eq::train
