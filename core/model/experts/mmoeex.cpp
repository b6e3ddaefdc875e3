#include "core/model/experts/mmoeex.h"

#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/experts/gated_experts.h"
#include "core/model/mixture.h"

namespace eq::model {
namespace {

AssignedExperts assignedFrom(const Parameters& parameters, const Setting& setting) {
  const auto count = setting.tasks.size();
  const auto assigned = static_cast<size_t>(std::floor(
      static_cast<double>(parameters.integer("experts")) * parameters.number("exclusivity")));
  AssignedExperts found;
  found.toTheOthers = parameters.text("mode") == "exclusion";
  if (found.toTheOthers && assigned > 0 && count == 1)
    fail(
        "model.mode: exclusion keeps an expert from one task for the others, and there is one task "
        "alone; take exclusivity");
  const bool random = parameters.text("assignment") == "random";
  RandomStream stream(deriveSeed(setting.seed, "assignment of experts"));
  for (size_t e = 0; e < assigned; ++e)
    found.tasks.push_back(random ? static_cast<size_t>(stream.below(count)) : e % count);
  return found;
}

std::vector<ParameterSpec> specs() {
  auto all = gatedExpertsSpecs();
  all.push_back(
      ParameterSpec::number("exclusivity", 0.5, "Share of the experts that are assigned to tasks")
          .from(0)
          .below(1));
  all.push_back(ParameterSpec::choice(
      "mode", "exclusivity", {"exclusivity", "exclusion"},
      "Whether the task that an expert is assigned to is the only one to use it, or the only one "
      "that does not"));
  all.push_back(ParameterSpec::choice("assignment", "round_robin", {"round_robin", "random"},
                                      "The tasks in turn, or drawn from the seed"));
  return all;
}

}  // namespace

CatalogRow<Model, const Setting&> mmoeexRow() {
  Descriptor descriptor;
  descriptor.id = "mmoeex";
  descriptor.title = "Mixture of experts with exclusivity";
  descriptor.summary =
      "Several networks and a gate a task that weighs them; some of them one task has alone, or is "
      "the only one to go without.";
  descriptor.formula =
      "z_k = Σ_e g_{k,e}(x) f_e(x), g_k = softmax(G_k x + c_k) over the experts that task k may "
      "use, exactly 0 elsewhere; of E experts ⌊E exclusivity⌋ are assigned";
  descriptor.citation =
      "Aoki et al., Heterogeneous multi-task learning with expert diversity (MMoEEx), 2021. "
      "Recalled, not read: how diversity is measured and gate_dropout leaves experts out. Chosen "
      "here: forbidden logits are -∞ (the released code leaves e⁰ in the softmax); a random "
      "assignment draws a task for each expert alone";
  descriptor.parameters = withBase(specs());
  descriptor.traits["series"] = mixtureSeries();
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<GatedExperts>(parameters, assignedFrom(parameters, setting),
                                                  setting, "mmoeex");
          }};
}

}  // namespace eq::model
