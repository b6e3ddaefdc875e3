#include "core/train/command.h"

#include <array>
#include <utility>

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/train/command_kinds.h"
#include "core/train/method_text.h"
#include "core/train/optimizer.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/rule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;
using Kind = Command::Kind;

constexpr std::array<std::pair<Kind, const char*>, 12> kNames{{
    {Kind::setLoss, "set_loss"},
    {Kind::setWeight, "set_weight"},
    {Kind::setTaskEnabled, "set_task_enabled"},
    {Kind::setTaskFrozen, "set_task_frozen"},
    {Kind::setWeighting, "set_weighting"},
    {Kind::setGradient, "set_gradient"},
    {Kind::setScheme, "set_scheme"},
    {Kind::setLearningRate, "set_learning_rate"},
    {Kind::setConflict, "set_conflict"},
    {Kind::setRules, "set_rules"},
    {Kind::restoreBest, "restore_best"},
    {Kind::note, "note"},
}};

const char* nameOf(Kind kind) {
  for (const auto& [value, name] : kNames)
    if (value == kind) return name;
  return "?";
}

bool concernsTask(Kind kind) {
  return kind == Kind::setLoss || kind == Kind::setWeight || kind == Kind::setTaskEnabled ||
         kind == Kind::setTaskFrozen;
}

bool carriesMethod(Kind kind) {
  return kind == Kind::setLoss || kind == Kind::setWeighting || kind == Kind::setGradient;
}

bool carriesValue(Kind kind) {
  return kind == Kind::setWeight || kind == Kind::setLearningRate;
}

bool carriesFlag(Kind kind) {
  return kind == Kind::setTaskEnabled || kind == Kind::setTaskFrozen;
}

Kind kindFrom(const json& value, const std::string& path, const std::vector<std::string>& others) {
  std::vector<std::string> known;
  for (const auto& [kind, name] : kNames) {
    if (value == name) return kind;
    known.emplace_back(name);
  }
  known.insert(known.end(), others.begin(), others.end());
  fail("{}.kind: expected one of {}, found {}", path, fmt::join(known, ", "), value.dump());
}

ParameterSpec anyOf(const std::string& name, const std::string& doc) {
  auto field = ParameterSpec::text(name, "", doc);
  field.type = ParameterType::any;
  field.nullable = true;
  return field;
}

/// What a command of this kind holds beside the kind itself.
std::vector<ParameterSpec> fieldsOf(Kind kind) {
  std::vector<ParameterSpec> fields{ParameterSpec::text("kind", "", "What it does").needed()};
  const auto add = [&](ParameterSpec field) { fields.push_back(std::move(field.needed())); };
  if (concernsTask(kind)) add(ParameterSpec::integer("task", 0, "Number of the task, from 0"));
  if (carriesMethod(kind))
    add(ParameterSpec::object("method", nullptr, "Id of the method and its parameters"));
  if (kind == Kind::setScheme)
    add(anyOf("method", "Schemes from now on: null, an object or a list of them"));
  if (carriesValue(kind)) add(ParameterSpec::number("value", 0, "The new value"));
  if (carriesFlag(kind)) add(ParameterSpec::boolean("flag", false, "Whether it is so from now on"));
  if (kind == Kind::setConflict) add(ParameterSpec::integer("every", 0, "Steps between measures"));
  if (kind == Kind::setConflict) add(ParameterSpec::text("text", "", "Where it is measured"));
  if (kind == Kind::setConflict)  // commands of earlier versions do not have it
    fields.push_back(ParameterSpec::boolean("layers", false, "Whether each layer alone as well"));
  if (kind == Kind::restoreBest) add(ParameterSpec::text("series", "", "Whose best it is"));
  if (kind == Kind::note) add(ParameterSpec::text("text", "", "What is noted"));
  if (kind == Kind::setRules) add(anyOf("rules", "All rules from now on"));
  return fields;
}

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

json toJson(const Command& command) {
  json out{{"kind", nameOf(command.kind)}};
  if (concernsTask(command.kind)) out["task"] = command.task;
  if (carriesMethod(command.kind)) out["method"] = toJson(command.method);
  if (command.kind == Kind::setScheme) out["method"] = schemesToJson(command.schemes);
  if (carriesValue(command.kind)) out["value"] = command.value;
  if (carriesFlag(command.kind)) out["flag"] = command.flag;
  if (command.kind == Kind::setConflict) out["every"] = command.every;
  if (command.kind == Kind::setConflict && command.flag) out["layers"] = true;
  if (command.kind == Kind::setConflict || command.kind == Kind::note) out["text"] = command.text;
  if (command.kind == Kind::restoreBest) out["series"] = command.text;
  if (command.kind == Kind::setRules) out["rules"] = toJson(command.rules);
  return out;
}

Command commandFromJson(const json& value, const std::string& path) {
  return commandBeside({}, value, path);
}

Command commandBeside(const std::vector<std::string>& others, const json& value,
                      const std::string& path) {
  if (!value.is_object() || !value.contains("kind"))
    fail("{}: expected an object with a \"kind\"", path);
  Command command = make(kindFrom(value["kind"], path, others));
  const Parameters fields(fieldsOf(command.kind), value, path);
  if (concernsTask(command.kind)) command.task = fields.integer("task");
  if (carriesMethod(command.kind)) {
    command.method = {fields.at("method")["id"].get<std::string>(), fields.at("method")};
    command.method.params.erase("id");
  }
  if (command.kind == Kind::setScheme) command.schemes = schemesFromJson(fields.at("method"));
  if (carriesValue(command.kind)) command.value = fields.number("value");
  if (carriesFlag(command.kind)) command.flag = fields.boolean("flag");
  if (command.kind == Kind::setConflict) command.every = fields.integer("every");
  if (command.kind == Kind::setConflict) command.flag = fields.boolean("layers");
  if (command.kind == Kind::setConflict || command.kind == Kind::note)
    command.text = fields.text("text");
  if (command.kind == Kind::restoreBest) command.text = fields.text("series");
  if (command.kind == Kind::setRules)
    command.rules = rulesFromJson(fields.at("rules"), path + ".rules");
  return command;
}

Experiment applied(Experiment experiment, const Command& command) {
  switch (command.kind) {
    case Kind::setLoss:
      checkMethod(command, loss::catalog());
      taskOf(experiment, command).loss = command.method;
      break;
    case Kind::setWeight:
      check(taskFields()[2], command.value, fmt::format("tasks[{}].weight", command.task));
      taskOf(experiment, command).weight = command.value;
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
    case Kind::setRules:
      experiment.rules = command.rules;
      if (!experiment.tasks.empty()) requireRulesFit(experiment);
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
