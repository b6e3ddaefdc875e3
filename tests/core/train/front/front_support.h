#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/metric/points.h"
#include "core/train/records.h"
#include "tests/core/train/scheme_support.h"
#include "tests/core/train/small_net.h"

/// Runs that train a front on the small tasks of `schemeProblem`.
namespace eq::test {

/// Whole batches of the tasks a and b without dropout; plain steps of SGD with `lr` 0.5.
inline train::Experiment frontExperiment(const json& method, const json& changes = json::object()) {
  json base{{"batch_size", 48},
            {"model", {{"dropout", 0}}},
            {"optimizer", {{"id", "sgd"}, {"lr", 0.5}, {"momentum", 0}}},
            {"tasks", {{{"name", "a"}}, {{"name", "b"}}}},
            {"pareto", method}};
  base.merge_patch(changes);
  return schemeExperiment(base);
}

inline constexpr double kFrontRate = 0.5;

/// Mean cross-entropy of one task over the training examples.
inline LossOfValues entropyOfTask(const std::string& task, const data::Problem& problem) {
  const auto inputs = problem.train.inputs;
  const auto target = problem.train.targets[task == "a" ? 0 : 1];
  return [=](const Values& values) {
    const auto logs = outputOf(values, task, inputs).log_softmax(1);
    return -logs.gather(1, target.unsqueeze(1)).mean();
  };
}

/// (before − after)/rate of the next step, by name. \param record what it was.
inline Values updateOfFrontStep(train::Trainer& trainer, train::StepRecord& record) {
  const auto before = valuesOf(trainer.snapshot());
  record = trainSteps(trainer, 1)[0];
  Values update;
  for (const auto& [name, value] : valuesOf(trainer.snapshot()))
    update[name] = ((before.at(name) - value) / kFrontRate).detach();
  return update;
}

/// Whether two snapshots hold the same bits, progress and all but times.
inline bool isSameState(train::Snapshot a, train::Snapshot b) {
  a.meta.erase("seconds");
  b.meta.erase("seconds");
  if (a.meta != b.meta || a.tensors.size() != b.tensors.size()) return false;
  for (const auto& [name, tensor] : a.tensors)
    if (!b.tensors.contains(name) || !tensor.equal(b.tensors.at(name))) return false;
  return true;
}

/// NaN is NaN: the loss of a task that a step leaves out.
inline bool areSame(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// Trains so far, on from a snapshot to the end in a second trainer, and compares: the run goes on
/// to the bit. \returns what differs; empty: nothing.
inline std::string whatResumeChanges(const train::Experiment& experiment,
                                     const data::Problem& problem, int until, int further) {
  train::Trainer whole(experiment, problem), second(experiment, problem);
  trainSteps(whole, until);
  second.restore(whole.snapshot());
  if (!isSameState(whole.snapshot(), second.snapshot())) return "the state right after";
  const auto first = trainSteps(whole, further), again = trainSteps(second, further);
  for (size_t i = 0; i < first.size(); ++i) {
    if (!areSame(first[i].losses, again[i].losses) || first[i].weights != again[i].weights)
      return "the record of step " + std::to_string(first[i].step);
    for (size_t w = 0; w < first[i].preferences.size(); ++w)
      if (first[i].preferences[w].values != again[i].preferences[w].values)
        return "the preferences of step " + std::to_string(first[i].step);
  }
  return isSameState(whole.snapshot(), second.snapshot()) ? "" : "the state in the end";
}

}  // namespace eq::test
