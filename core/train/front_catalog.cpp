#include "core/train/front_catalog.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/front_method.h"
#include "core/train/front_preferences.h"
#include "core/train/front_tables.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// Of the slots that say how a step is made, which the method says itself.
void requireSlotsFree(const Experiment& experiment) {
  const auto& id = experiment.pareto.id;
  const auto& [weighting, gradient] = experiment.balancer;
  if (weighting.id != "equal")
    fail(
        "pareto.id: {} makes the loss itself and stands with the loss weighting equal alone, found "
        "balancer.weighting.id {}; set it to equal, or leave pareto out",
        id, weighting.id);
  if (!gradient.id.empty())
    fail(
        "pareto.id: {} makes the update itself and stands without a gradient method, found "
        "balancer.gradient.id {}; take it out, or leave pareto out",
        id, gradient.id);
  if (!experiment.schemes.empty())
    fail(
        "pareto.id: {} makes the steps itself and stands without a scheme, found scheme.id {}; "
        "take it out, or leave pareto out",
        id, experiment.schemes.front().id);
  if (experiment.affinity.every > 0)
    fail(
        "pareto.id: {} has no single model to look ahead from, found affinity.every {}; set it to "
        "0, or leave pareto out",
        id, experiment.affinity.every);
  if (const auto& init = experiment.init; init.given())
    fail(
        "pareto.id: {} begins with values of its own, found init.{} {}; take init out, or leave "
        "pareto out",
        id, init.run.empty() ? "file" : "run", init.run.empty() ? init.file : init.run);
}

}  // namespace

const Catalog<FrontMethod, const FrontSetting&>& paretoMethods() {
  static const Catalog<FrontMethod, const FrontSetting&> table("method of pareto", frontRows());
  return table;
}

std::vector<ParameterSpec> frontMethodParameters(std::vector<ParameterSpec> own) {
  own.push_back(
      ParameterSpec::integer("front_points", 11,
                             "Preferences at which each evaluation of the validation split shows "
                             "the front, at most: equally spaced of two tasks, a lattice of three")
          .from(2)
          .to(1e6)
          .in("points"));
  return own;
}

MethodSpec paretoFromJson(const json& value) {
  if (value.is_null() || value == json{{"id", ""}}) return {};
  if (!value.is_object()) fail("pareto: expected an object, found {}", value.dump());
  const auto id = value.find("id");
  if (id == value.end()) fail("pareto.id: is required and missing");
  if (!id->is_string()) fail("pareto.id: expected a text, found {}", id->dump());
  MethodSpec method{id->get<std::string>(), value};
  method.params.erase("id");
  Parameters(paretoMethods().descriptor(method.id, "pareto.id").parameters, method.params,
             "pareto");
  return method;
}

void requireFrontFits(const Experiment& experiment) {
  if (experiment.pareto.id.empty()) return;
  requireSlotsFree(experiment);
  if (experiment.model.id == "point")
    fail("pareto.id: {} trains on examples, and the model point has none; leave pareto out",
         experiment.pareto.id);
  if (experiment.init.given())
    fail("pareto.id: {} begins with parameters of its own, and init names others; leave one out",
         experiment.pareto.id);
  if (experiment.tasks.size() < 2)
    fail("pareto.id: {} trains a front between tasks, and there is 1; leave pareto out",
         experiment.pareto.id);
  requireFrontPoints(experiment.tasks.size(), frontPointsOf(experiment), "pareto.front_points");
}

std::string problemOfFront(Experiment experiment, const MethodSpec& method) {
  if (method.id.empty()) return {};
  try {
    Parameters(paretoMethods().descriptor(method.id, "pareto.id").parameters, method.params,
               "pareto");
    experiment.pareto = method;
    if (experiment.tasks.empty())
      requireSlotsFree(experiment);
    else
      requireFrontFits(experiment);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

bool readsPreference(const Experiment& experiment) {
  const auto& id = experiment.pareto.id;
  return !id.empty() &&
         paretoMethods().descriptor(id, "pareto.id").traits.contains("reads_preference");
}

std::uint64_t seedOfFront(const Experiment& experiment) {
  return deriveSeed(experiment.seed, "front");
}

std::int64_t frontPointsOf(const Experiment& experiment) {
  const auto& [id, params] = experiment.pareto;
  if (id.empty()) return 0;
  return Parameters(paretoMethods().descriptor(id, "pareto.id").parameters, params, "pareto")
      .integer("front_points");
}

}  // namespace eq::train
