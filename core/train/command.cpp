#include "core/train/command.h"

#include <algorithm>
#include <utility>

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/train/command_kinds.h"
#include "core/train/method_text.h"
#include "core/train/optimizer.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/preferences.h"
#include "core/train/rule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;
using Kind = Command::Kind;

/// The path that an error about this command names: that of the experiment's field it sets.
std::string fieldOf(const Command& command) {
  switch (command.kind) {
    case Kind::setLoss:
      return fmt::format("tasks[{}].loss", command.task);
    case Kind::setWeighting:
      return "balancer.weighting";
    default:
      return "balancer.gradient";
  }
}

template <typename AnyCatalog>
void checkMethod(const Command& command, const AnyCatalog& catalog) {
  const std::string path = fieldOf(command);
  Parameters(catalog.descriptor(command.method.id, path + ".id").parameters, command.method.params,
             path);
}

void checkRate(const std::string& optimizer, double rate) {
  for (const auto& spec : optimizers().descriptor(optimizer).parameters)
    if (spec.name == "lr") check(spec, rate, "optimizer.lr");
}

const ParameterSpec& fieldNamed(const std::vector<ParameterSpec>& fields, const std::string& name) {
  return *std::find_if(fields.begin(), fields.end(),
                       [&](const ParameterSpec& spec) { return spec.name == name; });
}

std::string preferenceText(std::optional<double> preference) {
  return preference ? fmt::format("{}", *preference) : "the method's own";
}

TaskSpec& taskOf(Experiment& experiment, const Command& command) {
  if (command.task < 0 || command.task >= static_cast<std::int64_t>(experiment.tasks.size()))
    fail("tasks[{}]: there is no such task; the experiment has {}", command.task,
         experiment.tasks.size());
  return experiment.tasks[static_cast<size_t>(command.task)];
}

Command make(Kind kind) {
  Command command;
  command.kind = kind;
  return command;
}

}  // namespace

bool concernsTask(Command::Kind kind) {
  return kind == Kind::setLoss || kind == Kind::setWeight || kind == Kind::setPreference ||
         kind == Kind::setTaskEnabled || kind == Kind::setTaskFrozen;
}

Command Command::setLoss(std::int64_t task, MethodSpec loss) {
  Command command = make(Kind::setLoss);
  command.task = task;
  command.method = std::move(loss);
  return command;
}

Command Command::setWeight(std::int64_t task, double weight) {
  Command command = make(Kind::setWeight);
  command.task = task;
  command.value = weight;
  return command;
}

Command Command::setPreference(std::int64_t task, std::optional<double> preference) {
  Command command = make(Kind::setPreference);
  command.task = task;
  command.preference = preference;
  return command;
}

Command Command::setTaskEnabled(std::int64_t task, bool enabled) {
  Command command = make(Kind::setTaskEnabled);
  command.task = task;
  command.flag = enabled;
  return command;
}

Command Command::setTaskFrozen(std::int64_t task, bool frozen) {
  Command command = make(Kind::setTaskFrozen);
  command.task = task;
  command.flag = frozen;
  return command;
}

Command Command::setWeighting(MethodSpec weighting) {
  Command command = make(Kind::setWeighting);
  command.method = std::move(weighting);
  return command;
}

Command Command::setGradient(MethodSpec gradient) {
  Command command = make(Kind::setGradient);
  command.method = std::move(gradient);
  return command;
}

Command Command::setScheme(std::vector<MethodSpec> schemes) {
  Command command = make(Kind::setScheme);
  command.schemes = std::move(schemes);
  return command;
}

Command Command::setLearningRate(double rate) {
  Command command = make(Kind::setLearningRate);
  command.value = rate;
  return command;
}

Command Command::setConflict(ConflictSpec conflict) {
  Command command = make(Kind::setConflict);
  command.every = conflict.every;
  command.text = std::move(conflict.source);
  command.flag = conflict.layers;
  return command;
}

Command Command::setAffinity(AffinitySpec affinity) {
  Command command = make(Kind::setAffinity);
  command.every = affinity.every;
  command.text = std::move(affinity.form);
  return command;
}

Command Command::setRules(std::vector<RuleSpec> rules) {
  Command command = make(Kind::setRules);
  command.rules = std::move(rules);
  return command;
}

Command Command::note(std::string text) {
  Command command = make(Kind::note);
  command.text = std::move(text);
  return command;
}

Experiment applied(Experiment experiment, const Command& command) {
  switch (command.kind) {
    case Kind::setLoss:
      checkMethod(command, loss::catalog());
      taskOf(experiment, command).loss = command.method;
      break;
    case Kind::setWeight:
      check(fieldNamed(taskFields(), "weight"), command.value,
            fmt::format("tasks[{}].weight", command.task));
      taskOf(experiment, command).weight = command.value;
      break;
    case Kind::setPreference:
      if (command.preference)
        check(fieldNamed(taskFields(), "preference"), *command.preference,
              fmt::format("tasks[{}].preference", command.task));
      taskOf(experiment, command).preference = command.preference;
      requirePreferencesFit(experiment);
      break;
    case Kind::setTaskEnabled:
      taskOf(experiment, command).enabled = command.flag;
      break;
    case Kind::setTaskFrozen:
      taskOf(experiment, command);
      break;
    case Kind::setWeighting:
      checkMethod(command, balance::weightings());
      experiment.balancer.weighting = command.method;
      break;
    case Kind::setGradient:
      if (!command.method.id.empty()) checkMethod(command, balance::gradientMethods());
      experiment.balancer.gradient = command.method;
      break;
    case Kind::setScheme:
      experiment.schemes = schemesFromJson(schemesToJson(command.schemes));
      break;
    case Kind::setLearningRate:
      checkRate(experiment.optimizer.id, command.value);
      experiment.optimizer.params["lr"] = command.value;
      break;
    case Kind::setConflict:
      Parameters(conflictFields(), {{"every", command.every}, {"source", command.text}},
                 "conflict");
      experiment.conflict = {command.every, command.text, command.flag};
      break;
    case Kind::setAffinity:
      Parameters(affinityFields(), {{"every", command.every}, {"form", command.text}}, "affinity");
      experiment.affinity = {command.every, command.text};
      break;
    case Kind::setRules:
      experiment.rules = command.rules;
      break;
    case Kind::restoreBest:
      keptSeries(experiment, command.text, "series");
      break;
    case Kind::note:
      break;
  }
  return experiment;
}

std::string describe(const Experiment& before, const Command& command) {
  const TaskSpec* task = nullptr;
  if (concernsTask(command.kind)) task = &before.tasks.at(static_cast<size_t>(command.task));
  switch (command.kind) {
    case Kind::setLoss:
      return fmt::format("{}, loss {}", task->name, changeInWords(task->loss, command.method));
    case Kind::setWeight:
      return fmt::format("{}, weight {} → {}", task->name, task->weight, command.value);
    case Kind::setPreference:
      return fmt::format("{}, preference {} → {}", task->name, preferenceText(task->preference),
                         preferenceText(command.preference));
    case Kind::setTaskEnabled:
      return fmt::format("{}, switched {}", task->name, command.flag ? "on" : "off");
    case Kind::setTaskFrozen:
      return fmt::format("{}, head {}", task->name, command.flag ? "frozen" : "released");
    case Kind::setWeighting:
      return "loss weighting " + changeInWords(before.balancer.weighting, command.method);
    case Kind::setGradient:
      return "gradient method " + changeInWords(before.balancer.gradient, command.method);
    case Kind::setScheme:
      return fmt::format("scheme {} → {}", schemesInWords(before.schemes),
                         schemesInWords(command.schemes));
    case Kind::setLearningRate:
      return fmt::format("learning rate {} → {}", baseRate(before.optimizer), command.value);
    case Kind::setConflict:
      return fmt::format("conflict measured every {} steps ({}{})", command.every, command.text,
                         command.flag ? ", each layer alone, too" : "");
    case Kind::setAffinity:
      return command.every == 0 ? std::string("affinity measured no more")
                                : fmt::format("affinity measured every {} steps", command.every);
    case Kind::setRules:
      return fmt::format("rules: {} instead of {}", command.rules.size(), before.rules.size());
    case Kind::restoreBest:
      return "parameters back to the best by " + command.text;
    case Kind::note:
      return command.text;
  }
  return {};
}

}  // namespace eq::train
