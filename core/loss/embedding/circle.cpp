#include "core/loss/embedding/circle.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Circle : public EmbeddingLoss {
 public:
  explicit Circle(const Parameters& parameters)
      : EmbeddingLoss("circle", parameters.boolean("normalize")),
        margin_(parameters.number("margin")),
        gamma_(parameters.number("gamma")),
        ignored_(parameters.integer("ignore_index")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch);
    const auto similarities = x.matmul(x.t()), fixed = similarities.detach();
    const auto pairs = labelPairs(batch.target, ignored_);
    const auto pull = (1 + margin_ - fixed).relu() * (1 - margin_ - similarities) * gamma_;
    const auto push = (fixed + margin_).relu() * (similarities - margin_) * gamma_;
    const auto sum = maskedLogSumExp(pull, pairs.positive) + maskedLogSumExp(push, pairs.negative);
    const auto anchors = pairs.positive.any(1) & pairs.negative.any(1);
    return {maskedMean(-at::log_sigmoid(-sum), anchors), {}, pairs.valid};
  }

 private:
  void checkFurther(const Batch& batch) const override { checkLabels(id(), batch); }

  double margin_, gamma_;
  std::int64_t ignored_;
};

}  // namespace

CatalogRow<Loss> circleRow() {
  Descriptor descriptor;
  descriptor.id = "circle";
  descriptor.title = "Circle loss";
  descriptor.summary = "Weights each similarity by how far it is from its optimum.";
  descriptor.formula =
      "L_i = softplus(lse_P(−γ [1+m−s]₊ (s−(1−m))) + lse_N(γ [s+m]₊ (s−m))), factors detached";
  descriptor.citation =
      "Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization, CVPR 2020, "
      "arXiv:2002.10857";
  descriptor.parameters = labelParameters(
      {ParameterSpec::number("margin", 0.4, "Positives shall reach 1 − m, negatives fall to m")
           .above(0),
       ParameterSpec::number("gamma", 80, "Scale of the similarities").above(0)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {embeddingInput(), labelInput()};
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}};
  return rowOf<Circle>(descriptor);
}

}  // namespace eq::loss
