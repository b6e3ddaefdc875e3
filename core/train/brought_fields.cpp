#include "core/train/brought_fields.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/loss/catalog.h"
#include "core/loss/nesting.h"
#include "core/metric/catalog.h"

namespace eq::train {
namespace {

using Names = std::set<std::string>;

void addNames(Names& names, const std::vector<InputField>& inputs) {
  for (const auto& input : inputs)
    if (input.name != "prediction" && input.name != "target") names.insert(input.name);
}

/// All that some loss or metric reads beside prediction and target.
Names knownFields() {
  Names names;
  for (const auto* descriptor : loss::catalog().descriptors()) addNames(names, descriptor->inputs);
  for (const auto* descriptor : metric::catalog().descriptors())
    addNames(names, descriptor->inputs);
  return names;
}

/// What the loss and the metrics of a task read; the usual ones read nothing further.
Names fieldsReadBy(const TaskSpec& task) {
  Names names;
  if (!task.loss.id.empty()) addNames(names, loss::inputsOf(task.loss.id, task.loss.params));
  for (const auto& metric : task.metrics)
    addNames(names, metric::catalog().descriptor(metric.id).inputs);
  return names;
}

}  // namespace

void checkBroughtFields(const Experiment& experiment, data::Problem& problem) {
  // What a made-up problem brings nobody asked for.
  const bool chosen = experiment.data.params.contains("targets");
  for (size_t i = 0; i < problem.tasks.size(); ++i) {
    const auto& task = problem.tasks[i];
    if (task.fields.empty()) continue;
    const auto known = knownFields();
    const auto spec = std::find_if(experiment.tasks.begin(), experiment.tasks.end(),
                                   [&](const auto& one) { return one.name == task.name; });
    const auto read = spec == experiment.tasks.end() ? Names() : fieldsReadBy(*spec);
    for (const auto& field : task.fields) {
      if (!known.contains(field))
        fail("data.targets[{}].fields.{}: no loss and no metric reads it; known: {}", i, field,
             namesNear(field, {known.begin(), known.end()}));
      if (chosen && !read.contains(field))
        problem.warnings.push_back(
            {fmt::format("data.targets[{}].fields.{}", i, field),
             fmt::format("neither the loss nor a metric of the task \"{}\" reads it; its columns "
                         "are no inputs either",
                         task.name)});
    }
  }
}

}  // namespace eq::train
