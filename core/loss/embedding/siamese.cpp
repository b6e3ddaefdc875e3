#include "core/loss/embedding/siamese.h"

#include <ATen/TensorOperators.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class SimSiam : public EmbeddingLoss {
 public:
  explicit SimSiam(const Parameters&)
      : EmbeddingLoss("simsiam", true, {"prediction2", "projection", "projection2"}) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto first = embeddings(batch) * partner(batch, "projection2").detach();
    const auto second = partner(batch, "prediction2") * partner(batch, "projection").detach();
    return anchorMean((first + second).sum(1) / -2);
  }

  /// Projections are the features of the head.
  std::vector<Readout> readouts(const TaskInfo&) const override {
    Readout readout;
    readout.layer = Readout::Layer::predictor;
    readout.views = {"prediction2", "projection", "projection2"};
    return {readout};
  }
};

class BarlowTwins : public EmbeddingLoss {
 public:
  explicit BarlowTwins(const Parameters& parameters)
      : EmbeddingLoss("barlow_twins", false, {"pair"}), lambda_(parameters.number("lambda")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto a = standardised(embeddings(batch)), b = standardised(partner(batch, "pair"));
    const auto correlations = a.t().matmul(b) / static_cast<double>(a.size(0));
    const auto between = offDiagonal(correlations.size(0), correlations);
    const auto redundancy = (correlations.square() * between).sum();
    return {(1 - correlations.diagonal()).square().sum() + redundancy * lambda_, {}, {}};
  }

 private:
  void checkFurther(const Batch& batch) const override { checkSamples(id(), batch, 2); }

  static at::Tensor standardised(const at::Tensor& x) {
    constexpr double kUnderRoot = 1e-5;
    const auto centred = x - x.mean(0);
    return centred / (centred.square().mean(0) + kUnderRoot).sqrt();
  }

  double lambda_;
};

}  // namespace

CatalogRow<Loss> simsiamRow() {
  Descriptor descriptor;
  descriptor.id = "simsiam";
  descriptor.title = "SimSiam";
  descriptor.summary = "Each view's predictor finds the other's projection, which is held fixed.";
  descriptor.formula = "L = −½ [cos(p₁, z₂) + cos(p₂, z₁)], z detached";
  descriptor.citation =
      "Chen and He, Exploring Simple Siamese Representation Learning, CVPR 2021, arXiv:2011.10566";
  descriptor.inputs = {{"prediction", "[N, D]", "the predictor's p₁ of view 1"},
                       partnerInput("prediction2", "the predictor's p₂ of view 2"),
                       partnerInput("projection", "the projection z₁ of view 1; no gradient"),
                       partnerInput("projection2", "the projection z₂ of view 2; no gradient")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"},
                       {"made_in_runs", {"prediction2", "projection", "projection2"}}};
  return rowOf<SimSiam>(descriptor);
}

CatalogRow<Loss> barlowTwinsRow() {
  Descriptor descriptor;
  descriptor.id = "barlow_twins";
  descriptor.title = "Barlow Twins";
  descriptor.summary =
      "Features of both views shall be equal, and uncorrelated with each other's other features.";
  descriptor.formula = "L = Σ_i (1 − C_ii)² + λ Σ_{i≠j} C_ij², C: cross-correlation of the views";
  descriptor.citation =
      "Zbontar et al., Barlow Twins: Self-Supervised Learning via Redundancy Reduction, ICML 2021, "
      "arXiv:2103.03230";
  descriptor.parameters = {
      ParameterSpec::number("lambda", 0.005, "Factor on the redundancy").from(0)};
  descriptor.inputs = {embeddingInput(), partnerInput("pair", "the other view of each sample")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}, {"made_in_runs", {"pair"}}};
  return rowOf<BarlowTwins>(descriptor);
}

}  // namespace eq::loss
