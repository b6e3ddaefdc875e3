#include "core/loss/classes/robust.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Gce : public ClassLoss {
 public:
  explicit Gce(const Parameters& parameters)
      : ClassLoss("gce", parameters), q_(parameters.number("q")), k_(parameters.number("k")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto margin = effectiveMargin(logits, target);
    const auto values = (at::log_sigmoid(margin) * q_).expm1() / -q_;
    if (k_ == 0) return values;
    const auto p = ownLogit(logits.detach().softmax(1), target);
    return values.masked_fill(p <= k_, -std::expm1(std::log(k_) * q_) / q_);
  }

  double q_, k_;
};

class SymmetricCrossEntropy : public ClassLoss {
 public:
  explicit SymmetricCrossEntropy(const Parameters& parameters)
      : ClassLoss("symmetric_cross_entropy", parameters),
        alpha_(parameters.number("alpha")),
        reverse_(-parameters.number("beta") * parameters.number("log_zero")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto margin = effectiveMargin(logits, target);
    return at::log_sigmoid(margin) * -alpha_ + (-margin).sigmoid() * reverse_;
  }

  double alpha_;
  double reverse_;  // the reverse cross-entropy of p_y = 0, times β
};

}  // namespace

CatalogRow<Loss> gceRow() {
  Descriptor descriptor;
  descriptor.id = "gce";
  descriptor.title = "Generalised cross-entropy";
  descriptor.summary = "Between cross-entropy and absolute error: wrong labels pull less.";
  descriptor.formula = "L = (1 − p_y^q) / q; where p_y <= k the constant (1 − k^q) / q";
  descriptor.citation =
      "Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with "
      "Noisy Labels, NeurIPS 2018, arXiv:1805.07836";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("q", 0.7, "Towards 0 cross-entropy, 1 = absolute error")
           .above(0)
           .to(1),
       ParameterSpec::number("k", 0, "Probability up to which a sample has no gradient; 0 = off")
           .from(0)
           .below(1)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return rowOf<Gce>(descriptor);
}

CatalogRow<Loss> symmetricCrossEntropyRow() {
  Descriptor descriptor;
  descriptor.id = "symmetric_cross_entropy";
  descriptor.title = "Symmetric cross-entropy";
  descriptor.summary =
      "Cross-entropy plus that of the label under the prediction, for noisy labels.";
  descriptor.formula = "L = α (−log p_y) − β A (1 − p_y)";
  descriptor.citation =
      "Wang et al., Symmetric Cross Entropy for Robust Learning with Noisy Labels, ICCV 2019, "
      "arXiv:1908.06112";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("alpha", 0.1, "Factor on the cross-entropy").from(0),
       ParameterSpec::number("beta", 1, "Factor on the reverse cross-entropy").from(0),
       ParameterSpec::number("log_zero", -4, "A: what stands for log 0").below(0)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return rowOf<SymmetricCrossEntropy>(descriptor);
}

}  // namespace eq::loss
