#include "core/loss/classes/cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "core/loss/checks.h"

namespace eq::loss {
namespace {

class CrossEntropy : public ClassLoss {
 public:
  explicit CrossEntropy(const Parameters& parameters)
      : ClassLoss("cross_entropy", parameters),
        smoothing_(parameters.number("label_smoothing")),
        weights_(parameters.numbers("class_weights")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    return entropy(logits, target);
  }
  at::Tensor samplesOfProbabilities(const at::Tensor& logits,
                                    const at::Tensor& target) const override {
    return entropy(logits, target);
  }
  bool takesProbabilities() const override { return true; }

  at::Tensor denominators(const at::Tensor& logits, const at::Tensor& target) const override {
    return weights_.empty() ? at::Tensor() : listTensor(weights_, logits).index_select(0, target);
  }

  void checkFurther(const Batch& batch) const override {
    checkLength(id(), "class_weights", weights_.size(), batch.prediction.size(1));
  }

  at::Tensor entropy(const at::Tensor& logits, const at::Tensor& target) const {
    const std::optional<at::Tensor> weight =
        weights_.empty() ? std::optional<at::Tensor>() : listTensor(weights_, logits);
    return at::cross_entropy_loss(logits, target, weight, at::Reduction::None, -100, smoothing_);
  }

  double smoothing_;
  std::vector<double> weights_;
};

}  // namespace

CatalogRow<Loss> crossEntropyRow() {
  Descriptor descriptor;
  descriptor.id = "cross_entropy";
  descriptor.title = "Cross-entropy";
  descriptor.summary =
      "Negative log-probability of the target class; the usual loss of classification.";
  descriptor.formula = "L = −Σ_k q_k log p_k,  p = softmax(z)";
  descriptor.citation =
      "Szegedy et al., Rethinking the Inception Architecture, CVPR 2016 (label smoothing)";
  descriptor.parameters =
      classParameters({ParameterSpec::number("label_smoothing", 0,
                                             "Share ε of the target spread evenly over the classes")
                           .from(0)
                           .below(1),
                       ParameterSpec::numberList("class_weights", nlohmann::json::array(),
                                                 "A factor a class; empty: all 1")
                           .from(0)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal, TaskKind::segmentation};
  descriptor.inputs = classInputs(true);
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return {descriptor,
          [](const Parameters& parameters) { return std::make_unique<CrossEntropy>(parameters); }};
}

}  // namespace eq::loss
