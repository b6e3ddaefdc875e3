#include "core/train/side_effects.h"

#include <algorithm>
#include <set>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/loss/nesting.h"

namespace eq::train {
namespace {

std::vector<Readout> readoutsOf(const TaskInfo& task, const MethodSpec& loss) {
  if (loss::holdsFiles(loss.id, loss.params)) return {usualReadout(task)};
  return loss::catalog().create(loss.id, loss.params, "loss")->readouts(task);
}

std::set<std::string> layersOf(const std::vector<Readout>& readouts) {
  std::set<std::string> names;
  for (const auto& readout : readouts) names.insert(readout.name());
  return names;
}

std::set<std::string> learnedIn(const std::vector<Readout>& readouts) {
  std::set<std::string> names;
  for (const auto& readout : readouts)
    for (const auto& field : readout.fields)
      if (field.kind != LearnedField::Kind::weightOfHead) names.insert(field.field);
  return names;
}

bool readViews(const std::vector<Readout>& readouts) {
  return std::any_of(readouts.begin(), readouts.end(),
                     [](const Readout& readout) { return readout.views.any(); });
}

/// Whether the method carries something from step to step. One that cannot be made carries none.
bool hasState(const Catalog<balance::Balancer, const balance::Setting&>& slot,
              const std::vector<TaskKind>& kinds, const MethodSpec& method) {
  if (method.id.empty()) return false;
  try {
    const balance::Setting setting{std::ssize(kinds), 0, kinds, "balancer"};
    return !slot.create(method.id, method.params, "balancer", setting)->state().empty();
  } catch (const Error&) {
    return false;
  }
}

std::vector<std::string> ofSlot(const Catalog<balance::Balancer, const balance::Setting&>& slot,
                                const std::vector<TaskKind>& kinds, const MethodSpec& from,
                                const MethodSpec& to) {
  if (from == to) return {};
  const bool before = hasState(slot, kinds, from), after = hasState(slot, kinds, to);
  if (before && from.id == to.id) return {"its state begins anew"};
  if (before && !after)
    return {fmt::format("the state of {} is given up", slot.descriptor(from.id).title)};
  if (after) return {"its state begins with this step"};
  return {};
}

}  // namespace

std::vector<std::string> sideEffects(const std::vector<Readout>& from,
                                     const std::vector<Readout>& to) {
  std::vector<std::string> effects;
  if (layersOf(from) != layersOf(to))
    effects.emplace_back("the last layer of its head begins anew");
  const auto known = learnedIn(from);
  std::vector<std::string> learned;
  for (const auto& name : learnedIn(to))
    if (!known.contains(name)) learned.push_back(name);
  if (!learned.empty())
    effects.push_back(fmt::format("the head also learns {}", fmt::join(learned, ", ")));
  if (!readViews(from) && readViews(to))
    effects.emplace_back("its examples come as pairs of two views");
  if (readViews(from) && !readViews(to)) effects.emplace_back("its examples come as pairs no more");
  return effects;
}

std::vector<std::string> sideEffects(const TaskInfo& task, const MethodSpec& from,
                                     const MethodSpec& to) {
  try {
    return sideEffects(readoutsOf(task, from), readoutsOf(task, to));
  } catch (const Error&) {
    return {};
  }
}

std::vector<std::string> weightingSideEffects(const std::vector<TaskKind>& kinds,
                                              const MethodSpec& from, const MethodSpec& to) {
  return ofSlot(balance::weightings(), kinds, from, to);
}

std::vector<std::string> gradientSideEffects(const std::vector<TaskKind>& kinds,
                                             const MethodSpec& from, const MethodSpec& to) {
  return ofSlot(balance::gradientMethods(), kinds, from, to);
}

}  // namespace eq::train
