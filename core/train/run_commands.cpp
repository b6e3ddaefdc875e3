#include "core/train/run_commands.h"

#include <utility>

#include <fmt/format.h>

#include "core/train/front_catalog.h"
#include "core/train/loss_probe.h"
#include "core/train/preferences.h"
#include "core/train/rule.h"
#include "core/train/scheme_catalog.h"
#include "core/train/scripts.h"
#include "core/train/side_effects.h"

namespace eq::train {
namespace {

/// Another head for a task, as its loss reads it. Everything else stays as it was; the head keeps
/// its hidden layers, and its part of the optimizer begins anew.
void changeHead(RunParts& parts, size_t k, const TaskRuntime& changed) {
  auto all = parts.tasks;
  all[k] = changed;
  auto next =
      makeModel(parts.experiment, parts.problem, all, parts.model->structure(), parts.released);
  next->to(parts.device);
  next->takeOver(*parts.model);
  probeLoss(parts, *next, changed, k);
  auto front = makeFront(parts.experiment, parts.problem, all, *next);
  if (front) {
    if (auto* own = front->own()) own->takeOver(parts.trained());
    front->restore(parts.front->state());
  }
  auto stepper = makeOptimizer(parts.experiment, *next, front.get());
  stepper->takeOver(*parts.optimizer);
  parts.optimizer = std::move(stepper);
  parts.front = std::move(front);
  parts.engine = makeEngine(parts.experiment, *next);
  parts.model = std::move(next);
  parts.settle();
}

/// What the command brings beside what it says, each behind a semicolon. Before it is applied.
std::string sideEffectsOf(const RunParts& parts, const Command& command) {
  std::vector<TaskKind> kinds;
  for (const auto& task : parts.tasks) kinds.push_back(task.info().kind);
  const auto& slots = parts.experiment.balancer;
  std::vector<std::string> effects;
  if (command.kind == Command::Kind::setWeighting)
    effects = weightingSideEffects(kinds, slots.weighting, command.method);
  if (command.kind == Command::Kind::setGradient)
    effects = gradientSideEffects(kinds, slots.gradient, command.method);
  if (command.kind == Command::Kind::setPreference && !takesPreference(slots))
    effects.emplace_back("no method in force takes a preference");
  if (command.kind == Command::Kind::setLoss) {
    const auto k = static_cast<size_t>(command.task);
    effects = sideEffects(parts.tasks[k].info(), parts.experiment.tasks[k].loss, command.method);
  }
  std::string text;
  for (const auto& effect : effects) text += "; " + effect;
  return text;
}

void changeLoss(RunParts& parts, const Command& command) {
  const auto k = static_cast<size_t>(command.task);
  auto changed = parts.tasks[k];
  changed.setLoss(command.method, fmt::format("tasks[{}]", k));
  if (changed.readouts() == parts.tasks[k].readouts())
    probeLoss(parts, *parts.model, changed, k);
  else
    changeHead(parts, k, changed);
  parts.tasks[k] = std::move(changed);
  if (parts.front) parts.front->lossChanged(k);
}

/// The slot that was not named keeps what it has learned, and so does one that stays as it is.
void changeBalancer(RunParts& parts, const Experiment& changed, Command::Kind slot) {
  if (changed.balancer == parts.experiment.balancer) return;
  auto divided = trunkParts(changed, *parts.model);
  auto next = makeBalancer(changed, parts.tasks, divided, *parts.model);
  next->takeOver(*parts.balancer, slot == Command::Kind::setGradient,
                 slot == Command::Kind::setWeighting);
  parts.balancer = std::move(next);
  parts.parts = std::move(divided);
  if (slot == Command::Kind::setWeighting) parts.feed.forgetWeighting();
  if (slot == Command::Kind::setGradient) parts.further.clear();
}

/// A scheme that stays as it is keeps what it has learned.
void changeSchemes(RunParts& parts, const Experiment& changed) {
  Schemes next(changed, parts.tasks, parts.problem);
  next.requirePlaceForPenalties(*parts.model);
  const auto tasks = std::ssize(parts.tasks);
  if (balancedRows(changed.schemes, tasks) != balancedRows(parts.experiment.schemes, tasks))
    parts.balancer = makeBalancer(changed, parts.tasks, parts.parts, *parts.model);
  next.takeOver(parts.schemes);
  parts.schemes = std::move(next);
}

/// \throws Error where the schemes in force do not fit what changes beside them.
void requireSchemesFit(const RunParts& parts, const Experiment& changed) {
  Schemes(changed, parts.tasks, parts.problem);
}

/// \returns what it came to.
std::string restoreBest(RunParts& parts, const std::string& series) {
  const auto step =
      parts.best.restoreInto(parts.trained(), keptSeries(parts.experiment, series, "series"));
  parts.settle();
  if (step < 0) return "; there is none yet, nothing is changed";
  const bool movesNumbers = !parts.model->isPlain() && !parts.model->buffers().empty();
  return fmt::format(", those of step {}{}", step,
                     movesNumbers ? "; the model's running statistics stay those of now" : "");
}

}  // namespace

EventRecord applyTo(RunParts& parts, const Command& given) {
  const Command command = withPinnedScripts(given, parts.experiment.folder);
  const Experiment changed = applied(parts.experiment, command);
  std::string text = describe(parts.experiment, command) + sideEffectsOf(parts, command);
  requireSchemesFit(parts, changed);
  requireFrontFits(changed);
  if (command.kind == Command::Kind::setRules) requireRulesFit(changed);
  switch (command.kind) {
    case Command::Kind::setLoss:
      changeLoss(parts, command);
      break;
    case Command::Kind::setTaskFrozen:
      parts.frozen[static_cast<size_t>(command.task)] = command.flag;
      break;
    case Command::Kind::setWeighting:
    case Command::Kind::setGradient:
      changeBalancer(parts, changed, command.kind);
      break;
    case Command::Kind::setScheme:
      changeSchemes(parts, changed);
      break;
    case Command::Kind::setConflict:
      requireSource(changed, *parts.model);
      break;
    case Command::Kind::setRules:
      parts.best.follow(changed);
      break;
    case Command::Kind::restoreBest:
      text += restoreBest(parts, command.text);
      break;
    default:
      break;
  }
  parts.experiment = changed;
  return {parts.progress.steps, parts.progress.seconds,
          command.kind == Command::Kind::note ? "note" : "command", text, toJson(command)};
}

}  // namespace eq::train
