#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/run/run_records.h"
#include "core/train/experiment.h"
#include "widgets/demo_run.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

/// Losses (1 + 10/step + 3a, 2 + 10/step + 3b), and an accuracy of them, at preferences (a, b).
inline std::vector<std::map<std::string, double>> valuesAt(double step,
                                                           const std::vector<double>& of) {
  std::vector<std::map<std::string, double>> tasks;
  for (std::size_t k = 0; k < of.size(); ++k) {
    const double loss = static_cast<double>(k) + 1 + 10 / step + 3 * (1 - of[k]);
    tasks.push_back({{"loss", loss}, {"accuracy", 1 - loss / 20}});
  }
  return tasks;
}

inline train::EvaluationRecord frontAtStep(std::int64_t step, int tasks) {
  train::EvaluationRecord record;
  record.step = step;
  record.split = train::SplitName::validation;
  record.tasks = valuesAt(static_cast<double>(step), std::vector<double>(tasks, 1.0 / tasks));
  for (int i = 0; i <= 4; ++i) {
    std::vector<double> preference(static_cast<std::size_t>(tasks), 0.0);
    preference[0] = 1 - i / 4.0;
    preference[1] = i / 4.0;
    record.front.push_back({preference, valuesAt(static_cast<double>(step), preference)});
  }
  return record;
}

inline train::Experiment frontOf(int tasks) {
  train::Experiment experiment;
  experiment.name = "front";
  experiment.pareto.id = "pamal";
  for (const auto& info : demoTasks(tasks)) {
    train::TaskSpec task;
    task.name = info.name;
    task.metrics = {{"accuracy"}};
    experiment.tasks.push_back(task);
  }
  return experiment;
}

/// A run that trains a front, evaluated at these steps.
inline void startFront(RunData& data, int tasks, const std::vector<std::int64_t>& steps) {
  data.start(frontOf(tasks), demoTasks(tasks));
  run::Records records = demoRecords(1, steps.back(), tasks, 0);
  records.evaluations.clear();
  for (const auto step : steps) records.evaluations.push_back(frontAtStep(step, tasks));
  data.append(records);
}

}  // namespace eq::widgets
