#include "core/loss/classes/class_balanced.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "core/loss/checks.h"
#include "core/loss/classes/focal.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

/// Classes without samples have weight 0.
std::vector<double> balancedWeights(const std::vector<double>& counts, double beta) {
  std::vector<double> weights;
  double sum = 0, present = 0;
  for (const double count : counts) {
    weights.push_back(count > 0 ? -1 / std::expm1(count * std::log(beta)) : 0);
    sum += weights.back();
    if (count > 0) ++present;
  }
  for (auto& weight : weights) weight *= present / sum;
  return weights;
}

class ClassBalanced : public ClassLoss {
 public:
  explicit ClassBalanced(const Parameters& parameters)
      : ClassLoss("class_balanced", parameters),
        counts_(parameters.numbers("counts")),
        weights_(balancedWeights(counts_, parameters.number("beta"))),
        base_(parameters.text("base")),
        gamma_(parameters.number("gamma")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    return base(logits, target) * listTensor(weights_, logits).index_select(0, target);
  }

  at::Tensor base(const at::Tensor& logits, const at::Tensor& target) const {
    if (base_ == "cross_entropy")
      return at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
    const auto margins =
        (-logits).scatter(1, target.unsqueeze(1), ownLogit(logits, target).unsqueeze(1));
    return base_ == "binary_focal" ? focalOfMargin(margins, gamma_).sum(1)
                                   : focalOfMargin(margins, 0).mean(1);
  }

  void checkFurther(const Batch& batch) const override {
    checkCounts(id(), counts_, batch.prediction.size(1));
  }

  std::vector<double> counts_, weights_;
  std::string base_;
  double gamma_;
};

}  // namespace

CatalogRow<Loss> classBalancedRow() {
  Descriptor descriptor;
  descriptor.id = "class_balanced";
  descriptor.title = "Class-balanced loss";
  descriptor.summary = "Weighs each class by the inverse of its effective number of samples.";
  descriptor.formula = "L = w_y base(z, y),  w_c ∝ (1 − β) / (1 − β^n_c), mean 1";
  descriptor.citation =
      "Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019, "
      "arXiv:1901.05555";
  descriptor.parameters = classParameters(
      {ParameterSpec::numberList("counts", nullptr, "Training samples of each class")
           .from(0)
           .needed(),
       ParameterSpec::number("beta", 0.9999, "β: 0 = no weights, towards 1 inverse frequency")
           .from(0)
           .below(1),
       ParameterSpec::choice("base", "cross_entropy",
                             {"cross_entropy", "binary_cross_entropy", "binary_focal"},
                             "The loss that is weighed; the binary ones run over the one-hot "
                             "target: mean over the classes, focal their sum"),
       ParameterSpec::number("gamma", 2, "Focusing strength of binary_focal").from(0).to(10)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return rowOf<ClassBalanced>(descriptor);
}

}  // namespace eq::loss
