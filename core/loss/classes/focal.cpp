#include "core/loss/classes/focal.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {
namespace {

class Focal : public ClassLoss {
 public:
  explicit Focal(const Parameters& parameters)
      : ClassLoss("focal", parameters),
        gamma_(parameters.number("gamma")),
        alpha_(parameters.numbers("alpha")),
        perClass_(parameters.at("alpha").is_array()) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto value = focalOfMargin(effectiveMargin(logits, target), gamma_);
    if (alpha_.empty()) return value;
    return perClass_ ? value * listTensor(alpha_, logits).index_select(0, target)
                     : value * alpha_.front();
  }

  void checkFurther(const Batch& batch) const override {
    if (perClass_) checkLength(id(), "alpha", alpha_.size(), batch.prediction.size(1));
  }

  double gamma_;
  std::vector<double> alpha_;
  bool perClass_;
};

}  // namespace

at::Tensor focalOfMargin(const at::Tensor& margin, double gamma) {
  const auto entropy = -at::log_sigmoid(margin);
  return gamma > 0 ? entropy * (at::log_sigmoid(-margin) * gamma).exp() : entropy;
}

CatalogRow<Loss> focalRow() {
  Descriptor descriptor;
  descriptor.id = "focal";
  descriptor.title = "Focal loss";
  descriptor.summary = "Cross-entropy that fades out for examples that are right already.";
  descriptor.formula = "L = α_y (1 − p_y)^γ (−log p_y)";
  descriptor.citation =
      "Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, arXiv:1708.02002";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("gamma", 2, "Focusing strength; 0 = cross-entropy").from(0).to(10),
       ParameterSpec::numberOrList("alpha", nlohmann::json::array(),
                                   "A factor, or one a class; empty: 1")
           .above(0)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return {descriptor,
          [](const Parameters& parameters) { return std::make_unique<Focal>(parameters); }};
}

}  // namespace eq::loss
