#include "core/run/merging/merge_plan.h"

#include <algorithm>
#include <cstring>

#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/train/trainer.h"

namespace eq::run {
namespace {

using TaskList = std::vector<train::TaskSpec>;

const train::TaskSpec* taskNamed(const TaskList& tasks, const std::string& name) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const auto& task) { return task.name == name; });
  return found == tasks.end() ? nullptr : &*found;
}

std::optional<size_t> firstThatTrains(const std::vector<MergeSource>& experts,
                                      const std::string& task) {
  for (size_t k = 0; k < experts.size(); ++k) {
    const auto* spec = taskNamed(experts[k].experiment.tasks, task);
    if (spec && spec->enabled) return k;
  }
  return std::nullopt;
}

/// Whether nothing of the task's head is merged.
bool isHeadKept(const std::string& task, const std::vector<std::string>& exclude) {
  return merge::isExcluded("head." + task + ".", exclude);
}

at::Tensor partOf(const Eigen::VectorXd& theta, const merge::Place& place, at::ScalarType type) {
  auto part = at::empty(place.shape, at::TensorOptions(at::kDouble));
  if (place.size > 0)
    std::memcpy(part.mutable_data_ptr<double>(), theta.data() + place.begin,
                static_cast<size_t>(place.size) * sizeof(double));
  return part.to(type);
}

/// What is not merged of a task's head, as the run has it.
void takeHead(const MergeSource& source, size_t task, const train::Experiment& experiment,
              const std::vector<std::string>& exclude, ParameterMap& parameters) {
  const auto isTaken = [&](const auto& one) {
    return merge::isExcluded(one.first, exclude) && taskOfHead(one.first, experiment) == task;
  };
  std::erase_if(parameters, isTaken);
  for (const auto& one : parametersOf(source))
    if (isTaken(one)) parameters.insert(one);
}

}  // namespace

MergePlan planMerge(const MergeSource& base, const std::vector<MergeSource>& experts,
                    const std::vector<std::string>& exclude) {
  MergePlan plan{base.experiment, {}, {}};
  for (auto& task : plan.experiment.tasks) {
    const auto from = firstThatTrains(experts, task.name);
    plan.heads.push_back(from);
    if (!from) continue;
    task.enabled = true;
    if (isHeadKept(task.name, exclude))
      task.loss = taskNamed(experts[*from].experiment.tasks, task.name)->loss;
  }
  for (size_t k = 0; k < experts.size(); ++k)
    for (const auto& task : experts[k].experiment.tasks)
      if (task.enabled && !taskNamed(plan.experiment.tasks, task.name))
        plan.warnings.push_back(fmt::format("{}: trains the task {}, which the base does not have",
                                            placeOfRun(experts, k), task.name));
  return plan;
}

std::optional<size_t> taskOfHead(const std::string& name, const train::Experiment& experiment) {
  std::optional<size_t> found;
  size_t longest = 0;  // one task's name may begin with another's
  for (size_t t = 0; t < experiment.tasks.size(); ++t) {
    const auto beginning = "head." + experiment.tasks[t].name + ".";
    if (!name.starts_with(beginning) || beginning.size() <= longest) continue;
    found = t;
    longest = beginning.size();
  }
  return found;
}

void follow(const MergePlan& plan, train::Trainer& trainer) {
  auto wanted = trainer.experiment();
  for (size_t t = 0; t < wanted.tasks.size(); ++t) {
    wanted.tasks[t].enabled = plan.experiment.tasks.at(t).enabled;
    wanted.tasks[t].loss = plan.experiment.tasks[t].loss;
  }
  for (const auto& command : train::requireCommandsBetween(trainer.experiment(), wanted))
    trainer.apply(command);
}

ParameterMap parametersOf(const MergeSource& source) {
  const std::string prefix = "model.";
  ParameterMap parameters;
  for (const auto& [name, tensor] : source.snapshot.tensors)
    if (name.starts_with(prefix)) parameters[name.substr(prefix.size())] = tensor;
  return parameters;
}

ParameterMap mergedParameters(const MergePlan& plan, const MergeSource& base,
                              const std::vector<MergeSource>& experts,
                              const merge::Question& question, const Eigen::VectorXd& theta,
                              const std::vector<std::string>& exclude) {
  auto parameters = parametersOf(base);
  for (const auto& place : question.places) {
    auto& tensor = parameters.at(place.name);
    tensor = partOf(theta, place, tensor.scalar_type());
  }
  for (size_t t = 0; t < plan.heads.size(); ++t)
    if (plan.heads[t]) takeHead(experts[*plan.heads[t]], t, plan.experiment, exclude, parameters);
  return parameters;
}

}  // namespace eq::run
