#include "core/loss/classes/squentropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

namespace eq::loss {
namespace {

class Squentropy : public ClassLoss {
 public:
  explicit Squentropy(const Parameters& parameters)
      : ClassLoss("squentropy", parameters),
        weight_(parameters.number("square_weight")),
        target_(parameters.number("wrong_target")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto entropy = at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
    const auto others = (logits - target_).square().scatter(1, target.unsqueeze(1), 0).sum(1);
    return entropy + others * (weight_ / static_cast<double>(logits.size(1) - 1));
  }

  double weight_, target_;
};

class RescaledSquare : public ClassLoss {
 public:
  explicit RescaledSquare(const Parameters& parameters)
      : ClassLoss("rescaled_square", parameters),
        k_(parameters.number("k")),
        height_(parameters.number("height")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto others = logits.square().scatter(1, target.unsqueeze(1), 0).sum(1);
    const auto own = (ownLogit(logits, target) - height_).square() * k_;
    return (own + others) / static_cast<double>(logits.size(1));
  }

  double k_, height_;
};

}  // namespace

CatalogRow<Loss> squentropyRow() {
  Descriptor descriptor;
  descriptor.id = "squentropy";
  descriptor.title = "Squentropy";
  descriptor.summary = "Cross-entropy plus the mean square of the wrong classes' logits.";
  descriptor.formula = "L = CE(z, y) + λ/(C−1) Σ_{k≠y} (z_k − t)²";
  descriptor.citation =
      "Hui, Belkin, Wright, Cut your Losses with Squentropy, ICML 2023, arXiv:2302.03952";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("square_weight", 1, "Factor λ on the square term (the paper's is 1)")
           .from(0),
       ParameterSpec::number("wrong_target", 0,
                             "Where wrong logits are drawn to (the paper's is 0)")});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"centred", "raw"}}};
  return {descriptor,
          [](const Parameters& parameters) { return std::make_unique<Squentropy>(parameters); }};
}

CatalogRow<Loss> rescaledSquareRow() {
  Descriptor descriptor;
  descriptor.id = "rescaled_square";
  descriptor.title = "Rescaled square loss";
  descriptor.summary =
      "Square distance of the logits to M on the target class and 0 elsewhere; no softmax.";
  descriptor.formula = "L = (1/C) [k (z_y − M)² + Σ_{k≠y} z_k²]";
  descriptor.citation =
      "Hui, Belkin, Evaluation of Neural Architectures Trained with Square Loss, ICLR 2021, "
      "arXiv:2006.07322";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("k", 1, "Weight of the target class's term").above(0),
       ParameterSpec::number("height", 1, "Where the target class's logit is drawn to")});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"centred"}}};
  return {descriptor, [](const Parameters& parameters) {
            return std::make_unique<RescaledSquare>(parameters);
          }};
}

}  // namespace eq::loss
