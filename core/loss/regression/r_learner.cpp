#include "core/loss/regression/r_learner.h"

#include <ATen/TensorOperators.h>

#include "core/loss/checks.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr const char* kId = "r_learner";
constexpr const char* kTreatment = "treatment_residual";

class RLearner : public Loss {
 public:
  explicit RLearner(const Parameters&) {}

  void check(const Batch& batch) const override {
    checkVector(kId, "prediction", batch.prediction);
    checkTargetNumbers(kId, batch, batch.prediction.sizes());
    const auto treatment = batch.field(kTreatment), mask = batch.field("mask");
    checkShape(kId, kTreatment, treatment, batch.prediction.sizes(), "prediction");
    checkNumbers(kId, kTreatment, mask.defined() ? treatment.masked_fill(mask == 0, 0) : treatment);
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto type = batch.prediction.scalar_type();
    const auto mask = batch.field("mask");
    const auto off = mask.defined() ? mask == 0 : at::Tensor();
    const auto kept = [&](const at::Tensor& values) {
      return off.defined() ? values.to(type).masked_fill(off, 0) : values.to(type);
    };
    const auto error = kept(batch.target) - kept(batch.field(kTreatment)) * kept(batch.prediction);
    return pooled(error.square(), off, false, perSample);
  }
};

}  // namespace

CatalogRow<Loss> rLearnerRow() {
  Descriptor descriptor;
  descriptor.id = kId;
  descriptor.title = "R-learner";
  descriptor.summary = "Fits a treatment effect to what outcome and treatment models leave over.";
  descriptor.formula = "L = (ỹ − ã τ)²";
  descriptor.citation =
      "Nie and Wager, Quasi-oracle Estimation of Heterogeneous Treatment Effects, Biometrika 2021, "
      "arXiv:1712.04912";
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N]", "effects τ"},
                       {"target", "[N]", "residual outcomes ỹ"},
                       {kTreatment, "[N]", "residual treatments ã"},
                       {"mask", "[N]", "0 = does not count", false}};
  return rowOf<RLearner>(descriptor);
}

}  // namespace eq::loss
