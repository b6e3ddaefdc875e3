#include "core/train/rule.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/train/command_kinds.h"
#include "core/train/idle_rules.h"
#include "core/train/loss_fit.h"
#include "core/train/rule_catalog.h"
#include "core/train/series_expression.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

using nlohmann::json;
using Action = RuleAction;

ParameterSpec neededObject(std::string name, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc)).needed();
  spec.type = ParameterType::any;
  return spec;
}

const std::vector<ParameterSpec>& ruleFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("when", "", "Condition over the series of the run").needed(),
      ParameterSpec::integer("for", 1, "So many looks in a row must find it true").from(1),
      neededObject("then", "What is done then: a command"),
      ParameterSpec::boolean("once", false, "Whether it is done the first time only"),
  };
  return fields;
}

std::string kindOf(const json& then) {
  const auto kind = then.find("kind");
  return kind != then.end() && kind->is_string() ? kind->get<std::string>() : std::string();
}

Action plainAction(Action::Kind kind, const json& then, const std::string& path) {
  Parameters({ParameterSpec::text("kind", "", "What it does").needed()}, then, path);
  return {kind, {}, 1};
}

Action scaledRate(const json& then, const std::string& path) {
  const Parameters fields(
      {ParameterSpec::text("kind", "", "What it does").needed(),
       ParameterSpec::number("factor", 1, "Of the learning rate then").needed().above(0)},
      then, path);
  return {Action::Kind::scaleRate, {}, fields.number("factor")};
}

SeriesSource sourceOf(const Experiment& experiment) {
  SeriesSource source;
  for (const auto& task : experiment.tasks) {
    source.tasks.push_back(task.name);
    auto& metrics = source.metrics.emplace_back();
    for (const auto& metric : task.metrics) metrics.push_back(metric.id);
  }
  return source;
}

/// Parts of losses and coordinates of a point: which there are is known when the run trains.
bool isOfTraining(const std::vector<std::string>& parts, const Experiment& experiment) {
  if (parts[0] == "point")
    return parts.size() == 2 && !parts[1].empty() && parts[1].size() < 10 &&
           parts[1].find_first_not_of("0123456789") == std::string::npos;
  return parts[0] == "term" && parts.size() == 3 &&
         std::any_of(experiment.tasks.begin(), experiment.tasks.end(),
                     [&](const auto& task) { return task.name == parts[1]; });
}

/// Why there is nothing to look at, as long as no command changes that; empty where there is.
std::string whyWithout(const std::vector<std::string>& series, const Experiment& experiment,
                       const TrainedParts& parts) {
  if (series[0] == "point")
    return std::stoll(series[1]) < parts.coordinates
               ? std::string()
               : fmt::format("is none of the {} coordinates of the model", parts.coordinates);
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    for (const auto& term : parts.terms.at(k))
      if (experiment.tasks[k].name == series[1] && term == series[2]) return {};
  return "is no part of the loss that the task has at the beginning";
}

RuleSpec ownRule(const json& value, const std::string& path) {
  const Parameters fields(ruleFields(), value, path);
  RuleSpec rule;
  rule.when = fields.text("when");
  rule.looks = fields.integer("for");
  rule.then = fields.at("then");
  rule.once = fields.boolean("once");
  return rule;
}

RuleSpec shippedRule(json value, const std::string& path) {
  if (!value["id"].is_string()) fail("{}.id: expected a text, found {}", path, value["id"].dump());
  const auto id = value["id"].get<std::string>();
  value.erase("id");
  const auto& row = shippedRules().row(id, path + ".id");
  return *row.create(Parameters(row.descriptor.parameters, value, path));
}

/// What is there only when the run has ended, or differs from run to run.
void requireDeterminate(const SeriesExpression& expression, const std::string& path) {
  for (const auto& quantity : expression.quantities) {
    const auto& first = quantity.parts.empty() ? quantity.name : quantity.parts[0];
    const auto place = fmt::format("{}: character {}", path, quantity.offset + 1);
    if (first == "seconds") fail("{}: seconds differ from run to run; take step or epoch", place);
    if (first == "train" || first == "test")
      fail("{}: the split {} is evaluated when the run ends; take validation", place, first);
    if (quantity.function == SeriesFunction::final)
      fail("{}: final() is there when the run has ended; take last()", place);
  }
}

/// Series are numbers: one alone is no condition, and no text is equal to it.
void requireNumbers(const SeriesExpression& expression, const std::string& path) {
  using Operation = SeriesOperation;
  const auto isSeries = [&](size_t node) {
    const auto& one = expression.nodes[node];
    return one.operation == Operation::quantity &&
           expression.quantities[one.quantity].function == SeriesFunction::value;
  };
  const auto refuse = [&](size_t node, const std::string& why) {
    const auto& one = expression.nodes[node];
    fail("{}: character {}: {} {}", path, one.offset + 1, expression.quantities[one.quantity].name,
         why);
  };
  const auto requireCondition = [&](size_t node) {
    if (isSeries(node)) refuse(node, "is a number and no condition; compare it, such as > 0");
  };
  requireCondition(expression.nodes.size() - 1);
  for (const auto& node : expression.nodes) {
    const bool joins = node.operation == Operation::negation ||
                       node.operation == Operation::conjunction ||
                       node.operation == Operation::disjunction;
    for (const auto argument : node.arguments) {
      if (joins) requireCondition(argument);
      const bool other = std::any_of(node.arguments.begin(), node.arguments.end(), [&](size_t one) {
        return expression.nodes[one].operation == Operation::text ||
               expression.nodes[one].operation == Operation::truth;
      });
      if (other && isSeries(argument))
        refuse(argument, "is a number, and equals no text and no truth");
    }
  }
}

}  // namespace

RuleSpec ruleFromJson(const json& value, const std::string& path) {
  if (!value.is_object()) fail("{}: expected an object, found {}", path, value.dump());
  RuleSpec rule = value.contains("id") ? shippedRule(value, path) : ownRule(value, path);
  const auto condition = parseSeriesCondition(rule.when, path + ".when");
  requireDeterminate(condition, path + ".when");
  requireNumbers(condition, path + ".when");
  actionOf(rule, path);
  return rule;
}

json toJson(const RuleSpec& rule) {
  return {{"when", rule.when}, {"for", rule.looks}, {"then", rule.then}, {"once", rule.once}};
}

std::vector<RuleSpec> rulesFromJson(const json& value, const std::string& path) {
  std::vector<RuleSpec> rules;
  if (value.is_null()) return rules;
  if (!value.is_array()) fail("{}: expected a list, found {}", path, value.dump());
  for (size_t i = 0; i < value.size(); ++i)
    rules.push_back(ruleFromJson(value[i], fmt::format("{}[{}]", path, i)));
  return rules;
}

json toJson(const std::vector<RuleSpec>& rules) {
  auto list = json::array();
  for (const auto& rule : rules) list.push_back(toJson(rule));
  return list;
}

RuleAction actionOf(const RuleSpec& rule, const std::string& path) {
  const auto place = path + ".then";
  const auto kind = kindOf(rule.then);
  if (kind == "stop") return plainAction(Action::Kind::stop, rule.then, place);
  if (kind == "checkpoint") return plainAction(Action::Kind::checkpoint, rule.then, place);
  if (kind == "set_learning_rate" && rule.then.contains("factor"))
    return scaledRate(rule.then, place);
  if (kind == "set_rules") fail("{}: a rule cannot change the rules", place);
  return {Action::Kind::command, commandBeside({"stop", "checkpoint"}, rule.then, place), 1};
}

std::string keptSeries(const Experiment& experiment, const std::string& text,
                       const std::string& path) {
  const auto expression = parseSeriesExpression(text, path);
  requireKnown(expression, seriesNames(sourceOf(experiment)), path);
  requireDeterminate(expression, path);
  const auto& quantities = expression.quantities;
  if (expression.nodes.size() != 1 || quantities.size() != 1 ||
      quantities[0].function != SeriesFunction::value ||
      seriesKind(quantities[0].parts) != SeriesKind::evaluation)
    fail("{}: expected a series of evaluations, such as validation.{}.loss, found {}", path,
         experiment.tasks.front().name, text);
  return quantities[0].name;
}

void requireRulesFit(const Experiment& experiment) {
  const auto names = seriesNames(sourceOf(experiment));
  for (size_t i = 0; i < experiment.rules.size(); ++i) {
    const auto& rule = experiment.rules[i];
    const auto path = fmt::format("rules[{}]", i);
    const auto condition = parseSeriesCondition(rule.when, path + ".when");
    auto known = names;
    for (const auto& quantity : condition.quantities)
      if (isOfTraining(quantity.parts, experiment)) known.push_back(quantity.name);
    requireKnown(condition, known, path + ".when");
    const auto action = actionOf(rule, path);
    if (action.kind != Action::Kind::command) continue;
    try {
      applied(experiment, action.command);
    } catch (const Error& error) {
      fail("{}.then: {}", path, error.what());
    }
  }
}

void requireRuleLossesFit(const Experiment& experiment, const std::vector<TaskInfo>& tasks) {
  for (size_t i = 0; i < experiment.rules.size(); ++i) {
    const auto path = fmt::format("rules[{}]", i);
    const auto action = actionOf(experiment.rules[i], path);
    const auto& command = action.command;
    if (action.kind != Action::Kind::command || command.kind != Command::Kind::setLoss) continue;
    const auto* task = &tasks.at(static_cast<size_t>(command.task));
    if (const auto why =
            whyNotFor(task, command.method.id, command.method.params, experiment.folder);
        !why.empty())
      fail("{}.then.method: {}", path, why);
  }
}

std::vector<std::string> idleRules(const Experiment& experiment) {
  std::vector<std::string> idle;
  if (experiment.conflict.every > 0) return idle;
  for (size_t i = 0; i < experiment.rules.size(); ++i) {
    const auto path = fmt::format("rules[{}].when", i);
    for (const auto& quantity : parseSeriesCondition(experiment.rules[i].when, path).quantities)
      if (quantity.function == SeriesFunction::conflictFrequency ||
          seriesKind(quantity.parts) == SeriesKind::sampled) {
        idle.push_back(
            fmt::format("{}: {} is never measured, as conflict.every is 0", path, quantity.name));
        break;
      }
  }
  return idle;
}

std::vector<std::string> rulesWithoutParts(const Experiment& experiment,
                                           const TrainedParts& parts) {
  std::vector<std::string> idle;
  for (size_t i = 0; i < experiment.rules.size(); ++i) {
    const auto path = fmt::format("rules[{}].when", i);
    for (const auto& quantity : parseSeriesCondition(experiment.rules[i].when, path).quantities) {
      if (!isOfTraining(quantity.parts, experiment)) continue;
      const auto why = whyWithout(quantity.parts, experiment, parts);
      if (!why.empty()) idle.push_back(fmt::format("{}: {} {}", path, quantity.name, why));
    }
  }
  return idle;
}

}  // namespace eq::train
