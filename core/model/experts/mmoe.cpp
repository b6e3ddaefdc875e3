#include "core/model/experts/mmoe.h"

#include "core/model/experts/gated_experts.h"
#include "core/model/mixture.h"

namespace eq::model {

CatalogRow<Model, const Setting&> mmoeRow() {
  Descriptor descriptor;
  descriptor.id = "mmoe";
  descriptor.title = "Mixture of experts, a gate a task";
  descriptor.summary =
      "Several networks that all tasks share, and for each task a gate that weighs them for every "
      "example.";
  descriptor.formula =
      "z_k = Σ_e g_{k,e}(x) f_e(x), g_k = softmax(G_k x + c_k); ŷ_k = V_k z_k + c_k";
  descriptor.citation =
      "Ma et al., Modeling task relationships in multi-task learning with multi-gate "
      "mixture-of-experts, KDD 2018. Recalled, not read: how gate_dropout leaves experts out "
      "and diversity is measured";
  descriptor.parameters = withBase(gatedExpertsSpecs());
  descriptor.traits["series"] = mixtureSeries();
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<GatedExperts>(parameters, AssignedExperts(), setting, "mmoe");
          }};
}

}  // namespace eq::model
