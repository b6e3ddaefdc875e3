#include "core/loss/ordinal/sord.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"

namespace eq::loss {
namespace {

/// 0..K-1 like the logits, [K].
at::Tensor classNumbers(const at::Tensor& logits) {
  return at::arange(logits.size(1), logits.options());
}

class Sord : public ClassLoss {
 public:
  explicit Sord(const Parameters& parameters)
      : ClassLoss("sord", parameters),
        ranks_(parameters.numbers("ranks")),
        squared_(parameters.text("phi") == "squared"),
        slope_(parameters.number("slope")) {
    for (size_t i = 1; i < ranks_.size(); ++i)
      if (ranks_[i] <= ranks_[i - 1])
        fail("{}.ranks[{}]: positions must increase, found {} after {}", id(), i, ranks_[i],
             ranks_[i - 1]);
  }

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto positions = ranks_.empty() ? classNumbers(logits) : listTensor(ranks_, logits);
    const auto gaps = (positions - positions.index_select(0, target).unsqueeze(1)).abs();
    const auto soft = ((squared_ ? gaps.square() : gaps) * -slope_).softmax(1);
    return -(soft * logits.log_softmax(1)).sum(1);
  }

  void checkFurther(const Batch& batch) const override {
    checkLength(id(), "ranks", ranks_.size(), batch.prediction.size(1));
  }

  std::vector<double> ranks_;
  bool squared_;
  double slope_;
};

class SquaredEmd : public ClassLoss {
 public:
  explicit SquaredEmd(const Parameters& parameters)
      : ClassLoss("squared_emd", parameters), nima_(parameters.text("form") == "nima") {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto oneHot = target.unsqueeze(1) == classNumbers(logits);
    return samplesOfProbabilities(logits, oneHot.to(logits.scalar_type()));
  }

  at::Tensor samplesOfProbabilities(const at::Tensor& logits,
                                    const at::Tensor& target) const override {
    // The last entries of both sums are 1.
    const auto last = logits.size(1) - 1;
    const auto gaps = (logits.softmax(1) - target).cumsum(1).narrow(1, 0, last);
    const auto sum = gaps.square().sum(1);
    return nima_ ? rootOf(sum / static_cast<double>(last + 1)) : sum;
  }

  bool takesProbabilities() const override { return true; }

  bool nima_;
};

}  // namespace

CatalogRow<Loss> sordRow() {
  Descriptor descriptor;
  descriptor.id = "sord";
  descriptor.title = "SORD";
  descriptor.summary =
      "Cross-entropy against soft labels that fade with the distance from the true rank.";
  descriptor.formula = "L = −Σ_k q_k log p_k, q = softmax(−s φ(|r_k − r_y|))";
  descriptor.citation = "Díaz, Marathe, Soft Labels for Ordinal Regression, CVPR 2019";
  descriptor.parameters = classParameters(
      {ParameterSpec::numberList("ranks", nlohmann::json::array(),
                                 "Increasing positions of the classes; empty: 0..K−1"),
       ParameterSpec::choice("phi", "squared", {"squared", "absolute"},
                             "What is taken of the distance between two ranks"),
       ParameterSpec::number("slope", 1, "Factor s on it; the larger, the harder the labels")
           .above(0)});
  descriptor.taskKinds = {TaskKind::ordinal};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"raw"}}};
  return rowOf<Sord>(descriptor);
}

CatalogRow<Loss> squaredEmdRow() {
  Descriptor descriptor;
  descriptor.id = "squared_emd";
  descriptor.title = "Squared EMD";
  descriptor.summary = "Squared distance of the cumulative probabilities along ordered classes.";
  descriptor.formula = "L = Σ_k (F_k − G_k)²; nima: √(1/K Σ_k (F_k − G_k)²)";
  descriptor.citation =
      "Hou, Yu, Samaras, Squared Earth Mover's Distance-based Loss, 2016, arXiv:1611.05916; "
      "Talebi, Milanfar, NIMA, 2018";
  descriptor.parameters = classParameters({ParameterSpec::choice(
      "form", "sum", {"sum", "nima"}, "The plain sum, or the root of the mean over the classes")});
  descriptor.taskKinds = {TaskKind::ordinal};
  descriptor.inputs = classInputs(true);
  descriptor.traits = {{"slices", {"raw"}}};
  return rowOf<SquaredEmd>(descriptor);
}

}  // namespace eq::loss
