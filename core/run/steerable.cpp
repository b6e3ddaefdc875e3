#include "core/run/steerable.h"

#include <algorithm>
#include <limits>

#include "core/train/complete_experiment.h"
#include "core/train/experiment.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/replay.h"

namespace eq::run {
namespace {

using nlohmann::json;

constexpr const char* kLearningRate = "learning_rate";

Steerable ofOwn(const RunReader& run, const json& experiment) {
  const auto begun = train::experimentFromJson(experiment, run.dataFolder());
  const auto now =
      train::inForceAt(begun, run.events(), std::numeric_limits<std::int64_t>::max()).experiment;
  Steerable found;
  for (const auto& task : now.tasks) {
    found.tasks.push_back(task.name);
    found.weights.push_back(task.weight);
  }
  found.numbers = {{kLearningRate, train::baseRate(now.optimizer)}};
  return found;
}

/// What a command of the record changed; what it names may be anything.
void takeCommand(Steerable& found, const json& command) {
  const auto value = command.is_object() ? command.find("value") : command.end();
  if (value == command.end() || !value->is_number()) return;
  const auto task = command.value("task", json());
  const auto name = command.value("name", json());
  if (task.is_number_unsigned() && task.get<std::size_t>() < found.weights.size())
    found.weights[task.get<std::size_t>()] = value->get<double>();
  for (auto& [known, number] : found.numbers)
    if (name == known) number = value->get<double>();
}

Steerable ofAnotherProgram(const RunReader& run, const json& made) {
  Steerable found{run.tasks(), {}};
  const auto field = [&](const char* key) {
    return made.is_object() ? made.value(key, json()) : json();
  };
  const auto weights = field("weights"), numbers = field("numbers");
  for (const auto& task : found.tasks) {
    const bool there = weights.is_object() && weights.contains(task) && weights[task].is_number();
    found.weights.push_back(there ? weights[task].get<double>() : 1);
  }
  if (numbers.is_object())
    for (const auto& [name, value] : numbers.items())
      if (value.is_number()) found.numbers.emplace_back(name, value.get<double>());
  for (const auto& event : run.events())
    if (event.kind == "command") takeCommand(found, event.detail);
  return found;
}

}  // namespace

Steerable steerableOf(const RunReader& run) {
  const auto experiment = run.experiment();
  return train::isImported(experiment) ? ofAnotherProgram(run, experiment.at("imported"))
                                       : ofOwn(run, experiment);
}

json weightCommand(std::size_t task, double value) {
  return {{"kind", "set_weight"}, {"task", task}, {"value", value}};
}

json numberCommand(const std::string& name, double value) {
  if (name == kLearningRate) return {{"kind", "set_learning_rate"}, {"value", value}};
  return {{"kind", "set_number"}, {"name", name}, {"value", value}};
}

}  // namespace eq::run
