#include "core/loss/classes/poly1.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/base/error.h"
#include "core/loss/classes/focal.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Poly1 : public ClassLoss {
 public:
  explicit Poly1(const Parameters& parameters)
      : ClassLoss("poly1", parameters),
        epsilon_(parameters.number("epsilon")),
        gamma_(parameters.number("gamma")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto margin = effectiveMargin(logits, target);
    const auto wrong = (at::log_sigmoid(-margin) * (gamma_ + 1)).exp();
    return focalOfMargin(margin, gamma_) + wrong * epsilon_;
  }

  at::Tensor samplesOfProbabilities(const at::Tensor& logits,
                                    const at::Tensor& target) const override {
    const auto entropy = at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
    return entropy + (logits.softmax(1) * (1 - target)).sum(1) * epsilon_;
  }
  bool takesProbabilities() const override { return true; }

  void checkFurther(const Batch& batch) const override {
    if (batch.target.dim() == 2 && gamma_ != 0)
      fail("poly1.gamma: must be 0 with targets that are probabilities, found {}", gamma_);
  }

  double epsilon_, gamma_;
};

}  // namespace

CatalogRow<Loss> poly1Row() {
  Descriptor descriptor;
  descriptor.id = "poly1";
  descriptor.title = "Poly-1 loss";
  descriptor.summary =
      "Cross-entropy or focal loss with its first polynomial coefficient shifted by ε.";
  descriptor.formula = "L = (1 − p_y)^γ (−log p_y) + ε (1 − p_y)^(γ+1)";
  descriptor.citation =
      "Leng et al., PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions, "
      "ICLR 2022, arXiv:2204.12511";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("epsilon", 1, "ε: what is added to the first coefficient").from(-1),
       ParameterSpec::number("gamma", 0, "Focusing strength, with class indices; 0 = cross-entropy")
           .from(0)
           .to(10)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs(true);
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return rowOf<Poly1>(descriptor);
}

}  // namespace eq::loss
