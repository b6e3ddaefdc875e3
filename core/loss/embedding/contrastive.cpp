#include "core/loss/embedding/contrastive.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/embedding_support.h"
#include "core/loss/first_found.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Contrastive : public EmbeddingLoss {
 public:
  explicit Contrastive(const Parameters& parameters)
      : EmbeddingLoss("contrastive", parameters.boolean("normalize")),
        margin_(parameters.number("margin")),
        linear_(parameters.text("form") == "linear"),
        ignored_(parameters.integer("ignore_index")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch), pair = partner(batch, "pair");
    if (!pair.defined()) {
      const auto pairs = labelPairs(batch.target, ignored_);
      const auto terms = termsOf(squaredDistances(x, x), pairs.positive);
      return {mean(terms, pairs.positive, pairs.negative), {}, pairs.valid};
    }
    const auto same = batch.target != 0;
    const auto terms = termsOf(squaredRowDistances(x, pair), same);
    return {mean(terms, same, same.logical_not()), terms, {}};
  }

 private:
  void checkFurther(const Batch& batch) const override {
    if (!batch.field("pair").defined()) return checkLabels(id(), batch);
    checkPartner(batch, "pair", batch.prediction.sizes(), "prediction");
    checkShape(id(), "target", batch.target, {batch.prediction.size(0)}, "the samples");
    const auto wrong = (batch.target != 0) & (batch.target != 1);
    if (wrong.any().item<bool>())
      fail("{}.target: must be 0 or 1 with pairs, found {}", id(), firstFound(batch.target, wrong));
  }

  at::Tensor termsOf(const at::Tensor& squared, const at::Tensor& same) const {
    const auto distance = rootDistance(squared);
    const auto lacking = (margin_ - distance).relu();
    if (linear_) return at::where(same, distance, lacking);
    return at::where(same, distance.square(), lacking.square()) / 2;
  }

  /// Both triangles of the pairs of a batch count, which leaves the means as they are.
  at::Tensor mean(const at::Tensor& terms, const at::Tensor& same, const at::Tensor& other) const {
    if (!linear_) return maskedMean(terms, same | other);
    const auto active = terms > 0;
    return maskedMean(terms, same & active) + maskedMean(terms, other & active);
  }

  double margin_;
  bool linear_;
  std::int64_t ignored_;
};

}  // namespace

CatalogRow<Loss> contrastiveRow() {
  Descriptor descriptor;
  descriptor.id = "contrastive";
  descriptor.title = "Contrastive loss";
  descriptor.summary =
      "Pulls embeddings that belong together and pushes the others apart, up to a margin.";
  descriptor.formula = "L = ½ [y d² + (1 − y) [m − d]₊²]; linear: y d + (1 − y) [m − d]₊";
  descriptor.citation =
      "Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping, CVPR 2006";
  descriptor.parameters = labelParameters(
      {ParameterSpec::number("margin", 1, "Distance from which others are left alone").above(0),
       ParameterSpec::choice("form", "squared", {"squared", "linear"},
                             "Half squares over all pairs, or distances, each kind averaged over "
                             "its terms that are not 0")});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {embeddingInput(),
                       {"target", "int [N]", "labels; with pair: 1 = belong together, 0 = not"},
                       partnerInput("pair", "the other embedding of each pair", false)};
  descriptor.traits = {{"prediction", "embedding"}, {"coupled_without", "pair"}};
  return rowOf<Contrastive>(descriptor);
}

}  // namespace eq::loss
