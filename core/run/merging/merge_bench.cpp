#include "core/run/merging/merge_bench.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/run/run_values.h"

namespace eq::run {
namespace {

const std::string kModel = "model.";

/// A trainer of the bench's data in which each task has the loss that the expert has.
std::unique_ptr<train::Trainer> trainerOf(const MergeBench& bench, const MergeSource& expert) {
  auto trainer = bench.trainer().twin();
  const auto tasks = trainer->experiment().tasks;
  for (size_t t = 0; t < tasks.size(); ++t)
    for (const auto& own : expert.experiment.tasks)
      if (own.name == tasks[t].name && own.loss != tasks[t].loss)
        trainer->apply(train::Command::setLoss(static_cast<std::int64_t>(t), own.loss));
  return trainer;
}

/// The base's parameters beside an expert's, where it has none; its heads are not taken.
ParameterMap completed(const MergeSource& expert, const MergeSource& base,
                       const train::Experiment& experiment) {
  auto parameters = parametersOf(expert);
  for (const auto& one : parametersOf(base))
    if (!taskOfHead(one.first, experiment)) parameters.insert(one);
  return parameters;
}

bool hasTask(const train::Experiment& experiment, const std::string& name) {
  return std::any_of(experiment.tasks.begin(), experiment.tasks.end(),
                     [&](const auto& task) { return task.name == name; });
}

}  // namespace

MergeBench::MergeBench(const train::Trainer& at) : trainer_(at.twin()) {
  fresh_ = trainer_->snapshot();
  const auto stood = at.snapshot();
  for (const char* key : {"step", "examples", "seconds", "sampler", "further_samplers", "frozen"})
    if (stood.meta.contains(key)) fresh_.meta[key] = stood.meta[key];
  fresh_.tensors["random.dropout"] = stood.tensors.at("random.dropout");
}

std::vector<std::string> MergeBench::missing(const ParameterMap& given) const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : fresh_.tensors) {
    if (!name.starts_with(kModel)) continue;
    const auto found = given.find(name.substr(kModel.size()));
    if (found == given.end() || found->second.sizes() != tensor.sizes())
      names.push_back(name.substr(kModel.size()));
  }
  return names;
}

train::Snapshot MergeBench::beginning(const ParameterMap& parameters) const {
  if (const auto names = missing(parameters); !names.empty())
    fail("the merged model lacks, or has in another shape: {}", fmt::join(names, ", "));
  auto snapshot = fresh_;
  for (auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with(kModel))
      tensor = parameters.at(name.substr(kModel.size())).to(tensor.scalar_type());
  return snapshot;
}

train::EvaluationRecord MergeBench::evaluate(const ParameterMap& parameters,
                                             train::SplitName split) {
  trainer_->restore(beginning(parameters));
  trainer_->takeEvents();
  return trainer_->evaluate(split);
}

TaskValues MergeBench::values(const ParameterMap& parameters, train::SplitName split) {
  return mainValues(trainer_->experiment(), evaluate(parameters, split).tasks);
}

TaskValues mainValues(const train::Experiment& experiment,
                      const std::vector<std::map<std::string, double>>& tasks) {
  const auto metrics = mainMetrics(experiment);
  TaskValues values;
  for (size_t t = 0; t < metrics.size(); ++t) {
    values.emplace_back();
    const auto found = tasks.at(t).find(metrics[t]);
    if (found != tasks.at(t).end() && std::isfinite(found->second)) values.back() = found->second;
  }
  return values;
}

TaskValues comparable(TaskValues values, const MergePlan& plan, const train::Experiment& own) {
  const auto metrics = mainMetrics(plan.experiment);
  for (size_t t = 0; t < metrics.size(); ++t)
    for (const auto& task : own.tasks)
      if (metrics[t] == "loss" && task.name == plan.experiment.tasks[t].name &&
          task.loss != plan.experiment.tasks[t].loss)
        values[t].reset();
  return values;
}

SplitValues valuesOf(train::Trainer& trainer) {
  const auto of = [&](train::SplitName split) {
    return mainValues(trainer.experiment(), trainer.evaluate(split).tasks);
  };
  return {of(train::SplitName::validation), of(train::SplitName::test)};
}

SplitValues expertValues(const MergeBench& bench, const MergeSource& base,
                         const MergeSource& expert) {
  MergeBench own(*trainerOf(bench, expert));
  const auto& experiment = own.trainer().experiment();
  auto parameters = completed(expert, base, experiment);
  const auto start = own.trainer().snapshot();
  std::vector<char> lacks;
  for (const auto& task : experiment.tasks) lacks.push_back(!hasTask(expert.experiment, task.name));
  for (const auto& name : own.missing(parameters)) {
    const auto task = taskOfHead(name, experiment);
    if (!task) fail("{}: its model has no parameter {} of the base's shape", expert.given, name);
    lacks[*task] = 1;
    parameters[name] = start.tensors.at(kModel + name);
  }
  SplitValues values{own.values(parameters), own.values(parameters, train::SplitName::test)};
  for (auto* split : {&values.validation, &values.test})
    for (size_t t = 0; t < split->size(); ++t)
      if (lacks[t]) (*split)[t].reset();
  return values;
}

}  // namespace eq::run
