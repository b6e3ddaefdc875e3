#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/train/command_kinds.h"
#include "core/train/rule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;
using Kind = Command::Kind;

constexpr std::array<std::pair<Kind, const char*>, 14> kNames{{
    {Kind::setLoss, "set_loss"},
    {Kind::setWeight, "set_weight"},
    {Kind::setPreference, "set_preference"},
    {Kind::setTaskEnabled, "set_task_enabled"},
    {Kind::setTaskFrozen, "set_task_frozen"},
    {Kind::setWeighting, "set_weighting"},
    {Kind::setGradient, "set_gradient"},
    {Kind::setScheme, "set_scheme"},
    {Kind::setLearningRate, "set_learning_rate"},
    {Kind::setConflict, "set_conflict"},
    {Kind::setAffinity, "set_affinity"},
    {Kind::setRules, "set_rules"},
    {Kind::restoreBest, "restore_best"},
    {Kind::note, "note"},
}};

const char* nameOf(Kind kind) {
  for (const auto& [value, name] : kNames)
    if (value == kind) return name;
  return "?";
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
  if (kind == Kind::setPreference)
    add(ParameterSpec::number("value", 0, "The new value; null: what the method gives").orNull());
  if (kind == Kind::setAffinity) {
    add(ParameterSpec::integer("every", 0, "Steps between measures"));
    fields.push_back(ParameterSpec::text("form", "exact", "How it is measured"));
  }
  if (kind == Kind::restoreBest) add(ParameterSpec::text("series", "", "Whose best it is"));
  if (kind == Kind::note) add(ParameterSpec::text("text", "", "What is noted"));
  if (kind == Kind::setRules) add(anyOf("rules", "All rules from now on"));
  return fields;
}

}  // namespace

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
  if (command.kind == Kind::setPreference)
    out["value"] = command.preference ? json(*command.preference) : json();
  if (command.kind == Kind::setAffinity) {
    out["every"] = command.every;
    out["form"] = command.text;
  }
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
  Command command;
  command.kind = kindFrom(value["kind"], path, others);
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
  if (command.kind == Kind::setPreference && !fields.isNull("value"))
    command.preference = fields.number("value");
  if (command.kind == Kind::setAffinity) command.every = fields.integer("every");
  if (command.kind == Kind::setAffinity) command.text = fields.text("form");
  if (command.kind == Kind::restoreBest) command.text = fields.text("series");
  if (command.kind == Kind::setRules)
    command.rules = rulesFromJson(fields.at("rules"), path + ".rules");
  return command;
}

}  // namespace eq::train
