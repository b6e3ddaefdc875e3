#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/train/command.h"
#include "core/train/optimizer.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// Those of the tasks' preferences that the method in force gives from now on, or others: such that
/// at no moment all are 0.
void addPreferences(const Experiment& from, const Experiment& to, bool given,
                    std::vector<Command>& commands) {
  std::vector<Command> zeros;
  for (size_t k = 0; k < from.tasks.size(); ++k) {
    const auto after = to.tasks[k].preference;
    if (from.tasks[k].preference == after || after.has_value() != given) continue;
    auto& list = after == 0 ? zeros : commands;
    list.push_back(Command::setPreference(static_cast<std::int64_t>(k), after));
  }
  commands.insert(commands.end(), zeros.begin(), zeros.end());
}

/// The commands that make of `from` what they can of `to`. \pre both have as many tasks.
std::vector<Command> changesOf(const Experiment& from, const Experiment& to) {
  std::vector<Command> commands;
  for (size_t k = 0; k < from.tasks.size(); ++k) {
    const auto task = static_cast<std::int64_t>(k);
    const auto& before = from.tasks[k];
    const auto& after = to.tasks[k];
    if (before.loss != after.loss) commands.push_back(Command::setLoss(task, after.loss));
    if (before.weight != after.weight) commands.push_back(Command::setWeight(task, after.weight));
    if (before.enabled != after.enabled)
      commands.push_back(Command::setTaskEnabled(task, after.enabled));
  }
  addPreferences(from, to, false, commands);  // a method may bring a list instead
  const auto tasks = std::ssize(to.tasks);
  const bool schemeChanges = from.schemes != to.schemes;
  // Lists of a method are of all tasks, or of the clusters that a scheme makes of them.
  const bool schemeFirst = schemeChanges && balancedRows(to.schemes, tasks) == tasks;
  if (schemeFirst) commands.push_back(Command::setScheme(to.schemes));
  const auto& slots = to.balancer;
  if (from.balancer.weighting != slots.weighting)
    commands.push_back(Command::setWeighting(slots.weighting));
  if (from.balancer.gradient != slots.gradient)
    commands.push_back(Command::setGradient(slots.gradient));
  if (schemeChanges && !schemeFirst) commands.push_back(Command::setScheme(to.schemes));
  addPreferences(from, to, true, commands);  // which the scheme or method before may not take
  if (from.optimizer.id == to.optimizer.id && baseRate(from.optimizer) != baseRate(to.optimizer))
    commands.push_back(Command::setLearningRate(baseRate(to.optimizer)));
  if (from.conflict != to.conflict) commands.push_back(Command::setConflict(to.conflict));
  if (from.affinity != to.affinity) commands.push_back(Command::setAffinity(to.affinity));
  if (from.rules != to.rules) commands.push_back(Command::setRules(to.rules));
  return commands;
}

/// Whether two optimizers are one, whichever of its parameters are spelled out.
bool isSameOptimizer(const MethodSpec& a, const MethodSpec& b) {
  if (a.id != b.id) return false;
  const auto& specs = optimizers().descriptor(a.id).parameters;
  const Parameters ofA(specs, a.params, "optimizer"), ofB(specs, b.params, "optimizer");
  return std::all_of(specs.begin(), specs.end(), [&](const ParameterSpec& spec) {
    return ofA.at(spec.name) == ofB.at(spec.name);
  });
}

/// What the commands make of `from`, its optimizer spelled as that of `to` where they are one.
Experiment reachedBy(const Experiment& from, const std::vector<Command>& commands,
                     const Experiment& to) {
  Experiment reached = from;
  for (const auto& command : commands) reached = applied(std::move(reached), command);
  if (isSameOptimizer(reached.optimizer, to.optimizer)) reached.optimizer = to.optimizer;
  return reached;
}

/// `tasks[0].name` of the JSON pointer `/tasks/0/name`.
std::string pathOfPointer(const std::string& pointer) {
  std::string path;
  for (size_t begin = 1; begin <= pointer.size();) {
    const auto end = std::min(pointer.find('/', begin), pointer.size());
    const auto part = pointer.substr(begin, end - begin);
    const bool isIndex = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    path += isIndex ? "[" + part + "]" : (path.empty() ? part : "." + part);
    begin = end + 1;
  }
  return path;
}

/// The path at which two experiments differ; that of an id, where it brings other differences.
std::string firstDifference(const json& a, const json& b) {
  std::string first;
  for (const auto& operation : json::diff(a, b)) {
    const auto pointer = operation.at("path").get<std::string>();
    if (pointer.ends_with("/id")) return pathOfPointer(pointer);
    if (first.empty()) first = pathOfPointer(pointer);
  }
  return first;
}

}  // namespace

std::optional<std::vector<Command>> commandsBetween(const Experiment& from, const Experiment& to) {
  try {
    return requireCommandsBetween(from, to);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<Command> requireCommandsBetween(const Experiment& from, const Experiment& to) {
  if (from.tasks.size() != to.tasks.size())
    fail("tasks: a running job keeps its {} tasks; start a new run", from.tasks.size());
  auto commands = changesOf(from, to);
  const auto reached = reachedBy(from, commands, to);
  if (reached != to)
    fail("{}: cannot change in a running job; start a new run with it",
         firstDifference(toJson(reached), toJson(to)));
  return commands;
}

}  // namespace eq::train
