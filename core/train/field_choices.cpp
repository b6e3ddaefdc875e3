#include "core/train/field_choices.h"

#include <fmt/format.h>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/model/catalog.h"
#include "core/train/front_catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

class FieldList {
 public:
  /// The choice of a method of a catalog, and the parameters of the one in force.
  template <typename Methods>
  void addMethod(const std::string& path, const std::string& place, const Methods& catalog,
                 const MethodSpec& inForce, bool canBeNone = false) {
    std::vector<std::string> ids;
    if (canBeNone) ids.emplace_back();
    for (const auto* descriptor : catalog.descriptors()) ids.push_back(descriptor->id);
    add(path + ".id", place, ParameterSpec::choice("id", inForce.id, ids, "Which one it is"));
    if (!catalog.contains(inForce.id)) return;
    const auto& descriptor = catalog.descriptor(inForce.id);
    for (auto spec : descriptor.parameters) {
      if (inForce.params.contains(spec.name)) spec.defaultValue = inForce.params[spec.name];
      add(path + "." + spec.name, fmt::format("{}, {}", place, descriptor.title), spec);
    }
  }

  /// \param values by name, of those that are in force.
  void addFields(const std::string& prefix, const std::string& place,
                 const std::vector<ParameterSpec>& specs, const nlohmann::json& values) {
    for (auto spec : specs) {
      if (spec.name == "name" || spec.name == "description") continue;
      if (values.contains(spec.name)) spec.defaultValue = values[spec.name];
      if (spec.type != ParameterType::any) add(prefix + spec.name, place, spec);
    }
  }

  std::vector<FieldChoice> take() { return std::move(fields_); }

 private:
  void add(const std::string& path, const std::string& place, ParameterSpec spec) {
    spec.required = false;
    fields_.push_back({path, place, std::move(spec)});
  }

  std::vector<FieldChoice> fields_;
};

}  // namespace

std::vector<FieldChoice> fieldChoices(const Experiment& experiment) {
  const auto values = toJson(experiment);
  FieldList list;
  for (size_t k = 0; k < experiment.tasks.size(); ++k) {
    const auto& task = experiment.tasks[k];
    const auto prefix = fmt::format("tasks[{}].", k);
    list.addMethod(prefix + "loss", "Loss of " + task.name, loss::catalog(), task.loss);
    list.addFields(prefix, "Task " + task.name, taskFields(), values["tasks"][k]);
  }
  list.addMethod("balancer.weighting", "Loss weighting", balance::weightings(),
                 experiment.balancer.weighting);
  list.addMethod("balancer.gradient", "Gradient method", balance::gradientMethods(),
                 experiment.balancer.gradient, true);
  const auto& schemes = experiment.schemes;
  if (schemes.size() < 2)
    list.addMethod("scheme", "Training scheme", schemeCatalog(),
                   schemes.empty() ? MethodSpec() : schemes.front(), true);
  for (size_t i = 0; schemes.size() > 1 && i < schemes.size(); ++i)
    list.addMethod(fmt::format("scheme[{}]", i), "Training scheme", schemeCatalog(), schemes[i]);
  list.addMethod("pareto", "Front of models", paretoMethods(), experiment.pareto, true);
  list.addMethod("optimizer", "Optimizer", optimizers(), experiment.optimizer);
  list.addMethod("schedule", "Schedule", schedules(), experiment.schedule);
  list.addMethod("model", "Model", model::catalog(), experiment.model);
  list.addMethod("data", "Data", data::catalog(), experiment.data);
  list.addFields("", "Run", experimentFields(), values);
  list.addFields("conflict.", "Conflict measurement", conflictFields(), values["conflict"]);
  list.addFields("affinity.", "Affinity measurement", affinityFields(), values["affinity"]);
  list.addFields("observe.", "What the model records", observeFields(), values["observe"]);
  list.addFields("engine.", "Gradient engine", engineFields(), values["engine"]);
  return list.take();
}

}  // namespace eq::train
