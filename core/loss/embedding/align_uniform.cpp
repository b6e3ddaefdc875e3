#include "core/loss/embedding/align_uniform.h"

#include <cmath>

#include <ATen/TensorOperators.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class AlignUniform : public EmbeddingLoss {
 public:
  explicit AlignUniform(const Parameters& parameters)
      : EmbeddingLoss("align_uniform", parameters.boolean("normalize"), {"pair"}),
        alpha_(parameters.number("alpha")),
        t_(parameters.number("t")),
        alignWeight_(parameters.number("align_weight")),
        uniformWeight_(parameters.number("uniform_weight")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch), pair = partner(batch, "pair");
    const auto align = rootDistance(squaredRowDistances(x, pair)).pow(alpha_).mean() * alignWeight_;
    if (x.size(0) < 2) return {align, {}, {}};  // a single sample has nothing to spread from
    return {align + (uniformity(x) + uniformity(pair)) * (uniformWeight_ / 2), {}, {}};
  }

 private:
  void checkFurther(const Batch& batch) const override { checkSamples(id(), batch, 2); }

  /// log of the mean of e^{-t d²} over pairs. Each pair stands in the matrix twice.
  at::Tensor uniformity(const at::Tensor& x) const {
    const auto pairs = offDiagonal(x.size(0), x).view({1, -1});
    const auto count = static_cast<double>(x.size(0) * (x.size(0) - 1));
    return maskedLogSumExp(squaredDistances(x, x).view({1, -1}) * -t_, pairs).sum() -
           std::log(count);
  }

  double alpha_, t_, alignWeight_, uniformWeight_;
};

}  // namespace

CatalogRow<Loss> alignUniformRow() {
  Descriptor descriptor;
  descriptor.id = "align_uniform";
  descriptor.title = "Alignment and uniformity";
  descriptor.summary = "Draws partners together and spreads all embeddings over the sphere.";
  descriptor.formula = "L = w_a mean ‖x − y‖^α + w_u ½ (U(x) + U(y)), U = log mean_{i<j} e^{−t d²}";
  descriptor.citation =
      "Wang and Isola, Understanding Contrastive Representation Learning through Alignment and "
      "Uniformity on the Hypersphere, ICML 2020, arXiv:2005.10242";
  descriptor.parameters = embeddingParameters(
      {ParameterSpec::number("alpha", 2, "Exponent of the partners' distance").above(0),
       ParameterSpec::number("t", 2, "How fast the repulsion falls with the distance").above(0),
       ParameterSpec::number("align_weight", 1, "Factor on the alignment").from(0),
       ParameterSpec::number("uniform_weight", 1, "Factor on the uniformity").from(0)});
  descriptor.inputs = {embeddingInput(), partnerInput("pair", "the partner of each embedding")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}, {"made_in_runs", {"pair"}}};
  return rowOf<AlignUniform>(descriptor);
}

}  // namespace eq::loss
