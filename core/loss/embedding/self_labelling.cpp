#include "core/loss/embedding/self_labelling.h"

#include <ATen/TensorOperators.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class SelfLabelling : public EmbeddingLoss {
 public:
  Value evaluate(const Batch& batch, bool) const override {
    const auto similarities = embeddings(batch).matmul(partner(batch, "pair").detach().t());
    const auto gaps = 2 - similarities * 2;
    const auto weights =
        gate(similarities.detach()) * offDiagonal(similarities.size(0), similarities);
    const auto total = weights.sum();
    const auto others = (weights * gaps).sum() / total.masked_fill(total == 0, 1);
    return {gaps.diagonal().mean() + others * alpha_, {}, {}};
  }

 protected:
  SelfLabelling(const char* id, const Parameters& parameters)
      : EmbeddingLoss(id, true, {"pair"}),
        alpha_(parameters.number("alpha")),
        threshold_(parameters.number("threshold")) {}

  double threshold() const { return threshold_; }
  /// How far pairs count as the same, [N, N].
  virtual at::Tensor gate(const at::Tensor& similarities) const = 0;

 private:
  double alpha_, threshold_;
};

class Ccsl : public SelfLabelling {
 public:
  explicit Ccsl(const Parameters& parameters) : SelfLabelling("ccsl", parameters) {}

 private:
  at::Tensor gate(const at::Tensor& similarities) const override {
    return (similarities >= threshold()).to(similarities.scalar_type());
  }
};

class Cssl : public SelfLabelling {
 public:
  explicit Cssl(const Parameters& parameters)
      : SelfLabelling("cssl", parameters), kappa_(parameters.number("kappa")) {}

 private:
  at::Tensor gate(const at::Tensor& similarities) const override {
    return ((similarities - threshold()) * kappa_).sigmoid();
  }

  double kappa_;
};

Descriptor describe(const char* id, const char* title, const char* summary, const char* weights) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula =
      std::string(
          "L = mean_i (2 − 2S_ii) + α Σ_{i≠j} w_ij (2 − 2S_ij) / Σ w_ij, S = cos(q_i, "
          "z'_j), ") +
      weights;
  descriptor.citation =
      "Experimental: a template after the abstract of Garg and Jain, 2022, arXiv:2204.04545; the "
      "published formula may differ";
  descriptor.parameters = {
      ParameterSpec::number("alpha", 0.5, "Factor on the pairs of other samples").from(0),
      ParameterSpec::number("threshold", 0.9, "Similarity of pairs that count as the same")
          .from(-1)
          .to(1)};
  descriptor.inputs = {{"prediction", "[N, D]", "embeddings q of one view"},
                       partnerInput("pair", "embeddings z' of the other view; no gradient")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"},
                       {"coupled", true},
                       {"experimental", true},
                       {"made_in_runs", {"pair"}}};
  return descriptor;
}

}  // namespace

CatalogRow<Loss> ccslRow() {
  return rowOf<Ccsl>(
      describe("ccsl", "Self-labelling by cosines (experimental)",
               "BYOL's loss that also draws pairs together whose similarity reaches a threshold.",
               "w = 1{S ≥ threshold}"));
}

CatalogRow<Loss> csslRow() {
  auto descriptor =
      describe("cssl", "Self-labelling by sigmoids (experimental)",
               "BYOL's loss that also draws pairs together, weighted by their similarity.",
               "w = σ(κ (S − threshold))");
  descriptor.parameters.push_back(
      ParameterSpec::number("kappa", 10, "Steepness of the weight about the threshold"));
  return rowOf<Cssl>(descriptor);
}

}  // namespace eq::loss
