#include "core/loss/embedding/energy_hinge.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class EnergyHinge : public EmbeddingLoss {
 public:
  explicit EnergyHinge(const Parameters& parameters)
      : EmbeddingLoss("energy_hinge", parameters.boolean("normalize"), {"pair"}),
        margin_(parameters.number("margin")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch), negatives = partner(batch, "negatives");
    const auto scores = x.matmul(partner(batch, "pair").t());
    const auto own = scores.diagonal();
    if (x.size(0) < 2 && !negatives.defined()) return anchorMean(own * 0);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    auto others = scores.masked_fill(offDiagonal(x.size(0), x).logical_not(), -kInfinity);
    if (negatives.defined()) others = at::cat({others, x.matmul(negatives.t())}, 1);
    return anchorMean((others.amax(1) - own + margin_).relu());
  }

 private:
  void checkFurther(const Batch& batch) const override {
    const auto negatives = batch.field("negatives");
    if (!negatives.defined()) return;
    if (negatives.dim() != 2 || negatives.size(1) != batch.prediction.size(1))
      fail("{}.negatives: expected [M, D] with D = {} of the prediction, found {}", id(),
           batch.prediction.size(1), shapeText(negatives));
    checkNumbers(id(), "negatives", negatives);
  }

  double margin_;
};

}  // namespace

CatalogRow<Loss> energyHingeRow() {
  Descriptor descriptor;
  descriptor.id = "energy_hinge";
  descriptor.title = "Energy-based hinge";
  descriptor.summary =
      "The partner shall be more similar than the most similar other one, by a margin.";
  descriptor.formula = "L_i = [m + max s_i⁻ − s_i⁺]₊";
  descriptor.citation =
      "Jiang et al., Improved Universal Sentence Embeddings with Prompt-based Contrastive Learning "
      "and Energy-based Learning, EMNLP Findings 2022";
  descriptor.parameters = embeddingParameters(
      {ParameterSpec::number("margin", 0.2, "By how much the partner shall be more similar")
           .from(0)});
  descriptor.inputs = {
      embeddingInput(),
      partnerInput("pair", "the partner of each embedding; a negative of the others"),
      {"negatives", "[M, D]", "further negatives of every embedding", false}};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"made_in_runs", {"pair"}}};
  return rowOf<EnergyHinge>(descriptor);
}

}  // namespace eq::loss
