#include "core/loss/classes/logit_adjusted.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "core/loss/checks.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

std::vector<double> adjustments(const std::vector<double>& counts, double tau) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<double> shifts;
  for (const double count : counts) shifts.push_back(tau * std::log(std::max(count, 1.0) / total));
  return shifts;
}

class LogitAdjusted : public ClassLoss {
 public:
  explicit LogitAdjusted(const Parameters& parameters)
      : ClassLoss("logit_adjusted", parameters),
        counts_(parameters.numbers("counts")),
        shifts_(adjustments(counts_, parameters.number("tau"))) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    return at::cross_entropy_loss(logits + listTensor(shifts_, logits), target, {},
                                  at::Reduction::None);
  }
  at::Tensor samplesOfProbabilities(const at::Tensor& logits,
                                    const at::Tensor& target) const override {
    return samples(logits, target);
  }
  bool takesProbabilities() const override { return true; }

  void checkFurther(const Batch& batch) const override {
    checkCounts(id(), counts_, batch.prediction.size(1));
  }

  std::vector<double> counts_, shifts_;
};

}  // namespace

CatalogRow<Loss> logitAdjustedRow() {
  Descriptor descriptor;
  descriptor.id = "logit_adjusted";
  descriptor.title = "Logit adjustment";
  descriptor.summary =
      "Cross-entropy of logits shifted by the classes' priors, so that rare classes get their "
      "margin. Predict from the plain logits.";
  descriptor.formula = "L = CE(z + τ log π, y)";
  descriptor.citation =
      "Menon et al., Long-tail Learning via Logit Adjustment, ICLR 2021, arXiv:2007.07314; "
      "Ren et al., Balanced Meta-Softmax, NeurIPS 2020, arXiv:2007.10740 (τ = 1)";
  descriptor.parameters = classParameters(
      {ParameterSpec::numberList("counts", nullptr, "Training samples of each class")
           .from(0)
           .needed(),
       ParameterSpec::number("tau", 1, "τ: strength of the shift; 1 = balanced softmax")
           .from(0)
           .to(2)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs(true);
  descriptor.traits = {{"slices", {"raw"}}};
  return rowOf<LogitAdjusted>(descriptor);
}

}  // namespace eq::loss
