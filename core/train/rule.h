#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/task.h"
#include "core/train/command.h"
#include "core/train/experiment.h"

namespace eq::train {

/// What a rule does.
struct RuleAction {
  enum class Kind {
    command,    ///< `command`, also a note
    scaleRate,  ///< the learning rate of the moment times `factor`
    stop,
    checkpoint
  };
  Kind kind = Kind::command;
  Command command;
  double factor = 1;
};

/// One that ships, named by its id, becomes what it stands for.
/// \param path of the rule, "rules[0]". \throws Error naming the place: unknown keys, expressions
/// that cannot be read, actions that do not fit.
RuleSpec ruleFromJson(const nlohmann::json& value, const std::string& path);
nlohmann::json toJson(const RuleSpec& rule);

/// \param value a list, or null for none. \throws Error as ruleFromJson.
std::vector<RuleSpec> rulesFromJson(const nlohmann::json& value, const std::string& path);
nlohmann::json toJson(const std::vector<RuleSpec>& rules);

/// \throws Error naming the place, as ruleFromJson, which has read it before.
RuleAction actionOf(const RuleSpec& rule, const std::string& path);

/// The series that `restore_best` names, as seriesName writes it. \throws Error naming the place
/// for what is none, or has no best value that a run can go back to.
std::string keptSeries(const Experiment& experiment, const std::string& text,
                       const std::string& path);

/// \pre the experiment's tasks and metrics are spelled out.
/// \throws Error that names the place in a rule of what the run does not have: series, tasks.
void requireRulesFit(const Experiment& experiment);
/// \param tasks in the experiment's order. \throws Error naming a rule that gives a task a loss
/// which it cannot train with.
void requireRuleLossesFit(const Experiment& experiment, const std::vector<TaskInfo>& tasks);
/// A line for every rule that looks at what this experiment never measures.
std::vector<std::string> idleRules(const Experiment& experiment);

}  // namespace eq::train
