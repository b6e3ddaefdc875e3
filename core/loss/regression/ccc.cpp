#include "core/loss/regression/ccc.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Concordance : public Loss {
 public:
  explicit Concordance(const Parameters& parameters) : unbiased_(parameters.boolean("unbiased")) {}

  void check(const Batch& batch) const override {
    checkVector("ccc", "prediction", batch.prediction);
    checkTargetNumbers("ccc", batch, batch.prediction.sizes());
  }

  Value evaluate(const Batch& batch, bool) const override {
    const auto mask = batch.field("mask");
    const auto off = mask.defined() ? mask == 0 : at::Tensor();
    const auto weight = (mask.defined() ? mask != 0 : at::ones_like(batch.prediction))
                            .to(batch.prediction.scalar_type());
    const auto x = keep(batch.prediction, off);
    const auto y = keep(batch.target.to(x.scalar_type()), off);
    const auto count = weight.sum(), divisor = count.clamp_min(1);
    const auto meanX = x.sum() / divisor, meanY = y.sum() / divisor;
    const auto dx = (x - meanX) * weight, dy = (y - meanY) * weight;
    const auto moments = unbiased_ ? (count - 1).clamp_min(1) : divisor;
    const auto spread = (dx.square() + dy.square()).sum() / moments;
    const auto agreement = (dx * dy).sum() * 2 / moments;
    const auto ccc = agreement / (spread + (meanX - meanY).square() + 1e-8);
    return {(1 - ccc) * (count > 0), {}, {}};
  }

 private:
  static at::Tensor keep(const at::Tensor& values, const at::Tensor& off) {
    return off.defined() ? values.masked_fill(off, 0) : values;
  }

  bool unbiased_;
};

}  // namespace

CatalogRow<Loss> cccRow() {
  Descriptor descriptor;
  descriptor.id = "ccc";
  descriptor.title = "Concordance loss";
  descriptor.summary = "One minus the concordance correlation of the batch.";
  descriptor.formula = "L = 1 − 2 cov / (σ_ŷ² + σ_y² + (μ_ŷ − μ_y)²)";
  descriptor.citation =
      "Lin, A Concordance Correlation Coefficient to Evaluate Reproducibility, 1989";
  descriptor.parameters = {
      ParameterSpec::boolean("unbiased", false, "Variances and covariance by N − 1")};
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N]", "numbers"},
                       {"target", "[N]", "numbers"},
                       {"mask", "[N]", "0 = does not count", false}};
  descriptor.traits = {{"coupled", true}, {"compares_examples", true}};
  return rowOf<Concordance>(descriptor);
}

}  // namespace eq::loss
