#include "core/loss/classes/one_vs_rest.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/where.h>

#include "core/loss/row.h"

namespace eq::loss {
namespace {

at::Tensor oneVsRest(const at::Tensor& logits, const at::Tensor& target) {
  const auto own = ownLogit(logits, target).unsqueeze(1);
  return -at::log_sigmoid((-logits).scatter(1, target.unsqueeze(1), own)).sum(1);
}

class OneVsRest : public ClassLoss {
 public:
  explicit OneVsRest(const Parameters& parameters)
      : ClassLoss("one_vs_rest", parameters), hardest_(parameters.text("negatives") == "hardest") {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    if (!hardest_) return oneVsRest(logits, target);
    const auto other = ownLogit(logits, strongestOther(logits, target));
    return -at::log_sigmoid(ownLogit(logits, target)) - at::log_sigmoid(-other);
  }

  bool hardest_;
};

class Sovr : public ClassLoss {
 public:
  explicit Sovr(const Parameters& parameters)
      : ClassLoss("sovr", parameters),
        fraction_(parameters.number("top_fraction")),
        lambda_(parameters.number("lambda")) {}

 private:
  at::Tensor samplesOfBatch(const Batch& batch, const at::Tensor& target,
                            const at::Tensor& valid) const override {
    const auto& logits = batch.prediction;
    const auto entropy = at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
    return at::where(isHard(logits.detach(), target, valid), oneVsRest(logits, target) * lambda_,
                     entropy);
  }

  /// bool [N]: the floor(fraction · valid) samples that lag most, of equals the first.
  at::Tensor isHard(const at::Tensor& logits, const at::Tensor& target,
                    const at::Tensor& valid) const {
    const auto other = ownLogit(logits, strongestOther(logits, target));
    const auto lag =
        (other - ownLogit(logits, target))
            .masked_fill(valid.logical_not(), -std::numeric_limits<double>::infinity());
    const auto order = lag.argsort(true, 0, true);
    const auto places = at::arange(order.size(0), order.options());
    const auto count = (valid.sum().to(at::kDouble) * fraction_).floor();
    return places.scatter(0, order, places) < count;
  }

  double fraction_, lambda_;
};

Descriptor describe(const char* id, const char* title, const char* summary, const char* formula,
                    std::vector<ParameterSpec> own) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.parameters = classParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  return descriptor;
}

}  // namespace

CatalogRow<Loss> oneVsRestRow() {
  auto descriptor =
      describe("one_vs_rest", "One-vs-rest loss",
               "A yes-or-no question for each class; its gradient does not fade with the softmax.",
               "L = φ(z_y) + Σ_{k≠y} φ(−z_k),  φ(x) = log(1 + e^−x)",
               {ParameterSpec::choice("negatives", "all", {"all", "hardest"},
                                      "Every other class, or the one with the largest logit")});
  descriptor.citation =
      "Textbook definition; Saito and Saenko, OVANet, ICCV 2021, arXiv:2104.03344 (hardest)";
  descriptor.traits = {{"slices", {"centred", "raw"}}};
  return rowOf<OneVsRest>(descriptor);
}

CatalogRow<Loss> sovrRow() {
  auto descriptor = describe(
      "sovr", "Switching one-vs-rest loss",
      "One-vs-rest for the samples of the batch that are furthest from right, cross-entropy for "
      "the others.",
      "L = CE, for the top share by max_{k≠y} z_k − z_y  λ OVR",
      {ParameterSpec::number("top_fraction", 0.4, "Share of the batch that takes one-vs-rest")
           .from(0)
           .to(1),
       ParameterSpec::number("lambda", 0.4, "λ: factor on one-vs-rest").from(0)});
  descriptor.citation =
      "Kanai et al., One-vs-the-Rest Loss to Focus on Important Samples in Adversarial Training, "
      "ICML 2023, arXiv:2207.10283";
  descriptor.traits = {{"no_wrapper", "the order of the batch chooses the loss of each sample"}};
  return rowOf<Sovr>(descriptor);
}

}  // namespace eq::loss
