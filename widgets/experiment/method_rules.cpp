#include "widgets/experiment/method_rules.h"

#include <utility>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/loss/nesting.h"
#include "core/train/front_catalog.h"
#include "core/train/loss_fit.h"
#include "core/train/side_effects.h"

namespace eq::widgets {
namespace {

using nlohmann::json;
using train::MethodSpec;

const ParameterSpec* parameterOf(const Descriptor& descriptor, const std::string& name) {
  for (const auto& spec : descriptor.parameters)
    if (spec.name == name) return &spec;
  return nullptr;
}

const TaskInfo* infoOf(const KnownTask& task) {
  return task.info ? &*task.info : nullptr;
}

json nestedJson(const MethodSpec& method) {
  return {{"id", method.id}, {"params", method.params}};
}

/// What a wrapper goes around: the loss in force, or the first of the catalog that fits.
std::optional<MethodSpec> baseFor(const KnownTask& task, const MethodSpec& inForce) {
  const auto fits = [&](const MethodSpec& one) {
    return loss::whyNotWrapped(one.id, one.params).empty() &&
           train::whyNotFor(infoOf(task), one.id, one.params, task.folder).empty();
  };
  const auto& descriptor = loss::catalog().descriptor(inForce.id);
  if (!parameterOf(descriptor, "base") && fits(inForce)) return inForce;
  for (const auto* other : loss::catalog().descriptors())
    if (!parameterOf(*other, "base") && fits({other->id})) return MethodSpec{other->id};
  return std::nullopt;
}

json knownOf(const KnownTask& task, const std::string& id, const MethodSpec& inForce) {
  const auto& descriptor = loss::catalog().descriptor(id);
  json known = json::object();
  const auto* counts = parameterOf(descriptor, "counts");
  if (counts && counts->required && !task.classCounts.empty()) known["counts"] = task.classCounts;
  if (!loss::catalog().contains(inForce.id)) return known;
  const auto* base = parameterOf(descriptor, "base");
  if (base && base->type == ParameterType::object)
    if (const auto wrapped = baseFor(task, inForce)) known["base"] = nestedJson(*wrapped);
  if (parameterOf(descriptor, "terms")) known["terms"] = {nestedJson(inForce)};
  return known;
}

std::vector<std::string> notesOf(const KnownTask& task, const MethodSpec& from,
                                 const MethodSpec& to) {
  std::vector<std::string> notes;
  const json known = knownOf(task, to.id, from);
  const auto missing = train::needsOf(to.id, known);
  if (!missing.empty()) notes.push_back(missing);
  if (!task.info || !loss::catalog().contains(from.id)) return notes;
  const auto effects = train::sideEffects(*task.info, from, {to.id, known});
  notes.insert(notes.end(), effects.begin(), effects.end());
  return notes;
}

using Slot = Catalog<balance::Balancer, const balance::Setting&>;

std::string problemIn(const Slot& slot, std::int64_t count, const std::vector<TaskKind>& kinds,
                      const MethodSpec& method) {
  if (method.id.empty()) return {};
  try {
    Parameters(slot.descriptor(method.id).parameters, method.params, method.id);
    const balance::Setting setting{count, 0, kinds, method.id};
    if (count > 0) slot.create(method.id, method.params, method.id, setting);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

/// The same method with another value of a parameter that all balancers have.
MethodSpec otherwise(MethodSpec method) {
  auto& value = method.params["weight_heads"];
  value = !(value.is_boolean() && value.get<bool>());
  return method;
}

std::string noteOn(const std::vector<std::string>& effects) {
  return effects.empty() ? "" : "With every change of its parameters " + effects[0];
}

}  // namespace

MethodRules lossRules(const KnownTask& task) {
  return {[task](const MethodSpec& method) {
            return train::whyNotFor(infoOf(task), method.id, method.params, task.folder);
          },
          [task](const std::string& id) { return train::whyNeverFor(infoOf(task), id); },
          [task](const MethodSpec& from, const MethodSpec& to) { return notesOf(task, from, to); },
          [task](const std::string& id, const MethodSpec& inForce) {
            return knownOf(task, id, inForce);
          },
          nullptr};
}

MethodRules modelRules(std::function<std::string()> data) {
  MethodRules rules;
  rules.unfit = [data = std::move(data)](const std::string& id) -> std::string {
    const auto& descriptor = data::catalog().descriptor(data());
    const bool analytic = descriptor.traits.value("analytic", false);
    if (analytic == (id == "point")) return {};
    return analytic ? descriptor.title + " is an analytic problem: it has no network"
                    : "Only an analytic problem is a point of its own";
  };
  return rules;
}

MethodRules weightingRules(std::int64_t count, const std::vector<TaskKind>& kinds) {
  MethodRules rules;
  rules.problem = [=](const MethodSpec& method) {
    return problemIn(balance::weightings(), count, kinds, method);
  };
  rules.notes = [=](const MethodSpec& from, const MethodSpec& to) {
    return train::weightingSideEffects(kinds, from, to);
  };
  rules.changeNote = [=](const MethodSpec& method) {
    return noteOn(train::weightingSideEffects(kinds, method, otherwise(method)));
  };
  return rules;
}

MethodRules gradientRules(std::int64_t count, const std::vector<TaskKind>& kinds) {
  MethodRules rules;
  rules.problem = [=](const MethodSpec& method) {
    return problemIn(balance::gradientMethods(), count, kinds, method);
  };
  rules.notes = [=](const MethodSpec& from, const MethodSpec& to) {
    return train::gradientSideEffects(kinds, from, to);
  };
  rules.changeNote = [=](const MethodSpec& method) {
    return noteOn(train::gradientSideEffects(kinds, method, otherwise(method)));
  };
  return rules;
}

MethodRules frontRules(std::function<train::Experiment()> experiment) {
  MethodRules rules;
  rules.problem = [experiment](const MethodSpec& method) {
    return train::problemOfFront(experiment(), method);
  };
  rules.unfit = [experiment](const std::string& id) {
    return train::problemOfFront(experiment(), {id});
  };
  return rules;
}

}  // namespace eq::widgets
