#include "core/loss/classes/binary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/first_found.h"

namespace eq::loss {
namespace {

void checkUnitInterval(const std::string& loss, const Batch& batch) {
  auto wrong = (batch.target < 0) | (batch.target > 1);
  const auto mask = batch.field("mask");
  if (mask.defined()) wrong = wrong & (mask != 0);
  if (wrong.any().item<bool>())
    fail("{}.target: must be in 0 to 1, found {}", loss, firstFound(batch.target, wrong));
}

class BinaryCrossEntropy : public ElementLoss {
 public:
  explicit BinaryCrossEntropy(const Parameters& parameters)
      : ElementLoss("binary_cross_entropy", parameters),
        positive_(parameters.numbers("pos_weight")),
        perColumn_(parameters.at("pos_weight").is_array()) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    std::optional<at::Tensor> weight;
    if (perColumn_ || positive_.front() != 1) weight = listTensor(positive_, prediction);
    return at::binary_cross_entropy_with_logits(prediction, target, {}, weight,
                                                at::Reduction::None);
  }

  void checkFurther(const Batch& batch) const override {
    checkUnitInterval(id(), batch);
    const auto columns = batch.prediction.dim() == 2 ? batch.prediction.size(1) : 1;
    if (perColumn_ && static_cast<std::int64_t>(positive_.size()) != columns)
      fail("{}.pos_weight: needs one entry a column, {}, found {}", id(), columns,
           positive_.size());
  }

  std::vector<double> positive_;
  bool perColumn_;
};

class BinaryFocal : public ElementLoss {
 public:
  explicit BinaryFocal(const Parameters& parameters)
      : ElementLoss("binary_focal", parameters),
        gamma_(parameters.number("gamma")),
        alpha_(parameters.number("alpha")) {
    if (alpha_ < 0 && alpha_ != -1)
      fail("binary_focal.alpha: must be in 0 to 1, or -1 = off, found {}", alpha_);
  }

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    auto value =
        at::binary_cross_entropy_with_logits(prediction, target, {}, {}, at::Reduction::None);
    if (gamma_ > 0) {
      // log(1 - p_t), so that neither tail under- or overflows.
      const auto logWrong = at::logaddexp((1 - target).log() + at::log_sigmoid(prediction),
                                          target.log() + at::log_sigmoid(-prediction));
      value = value * (logWrong * gamma_).exp();
    }
    return alpha_ < 0 ? value : value * (target * alpha_ + (1 - target) * (1 - alpha_));
  }

  void checkFurther(const Batch& batch) const override { checkUnitInterval(id(), batch); }

  double gamma_, alpha_;
};

template <typename Kind>
CatalogRow<Loss> row(Descriptor descriptor) {
  descriptor.taskKinds = {TaskKind::binary, TaskKind::multilabel};
  descriptor.inputs = elementInputs("logits", "0 or 1, or anything between");
  descriptor.traits = {{"slices", {"logit"}}};
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<Kind>(parameters); }};
}

}  // namespace

CatalogRow<Loss> binaryCrossEntropyRow() {
  Descriptor descriptor;
  descriptor.id = "binary_cross_entropy";
  descriptor.title = "Binary cross-entropy";
  descriptor.summary = "Cross-entropy of yes-or-no targets, one logit each.";
  descriptor.formula = "L = (1−y) x + (1 + (ρ−1) y) log(1 + e^−x)";
  descriptor.citation = "Textbook definition";
  descriptor.parameters = elementParameters(
      {ParameterSpec::numberOrList("pos_weight", 1, "Factor ρ on positive targets, or one a column")
           .above(0)});
  return row<BinaryCrossEntropy>(descriptor);
}

CatalogRow<Loss> binaryFocalRow() {
  Descriptor descriptor;
  descriptor.id = "binary_focal";
  descriptor.title = "Binary focal loss";
  descriptor.summary = "Binary cross-entropy that fades out for examples that are right already.";
  descriptor.formula = "L = α_t (1 − p_t)^γ BCE(x, y)";
  descriptor.citation =
      "Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, arXiv:1708.02002";
  descriptor.parameters = elementParameters(
      {ParameterSpec::number("gamma", 2, "Focusing strength; 0 = binary cross-entropy")
           .from(0)
           .to(10),
       ParameterSpec::number("alpha", 0.25, "Weight of positive targets, 0 to 1; −1 = off")
           .from(-1)
           .to(1)});
  return row<BinaryFocal>(descriptor);
}

}  // namespace eq::loss
