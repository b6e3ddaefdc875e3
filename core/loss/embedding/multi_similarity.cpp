#include "core/loss/embedding/multi_similarity.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSame = 1 - 1e-5;  // from this similarity on a positive is the anchor itself

/// log(1 + Σ exp) over the entries of a row in `mask`, [N].
at::Tensor logOnePlusSumExp(const at::Tensor& values, const at::Tensor& mask) {
  const auto kept = values.masked_fill(mask.logical_not(), -kInfinity);
  return at::cat({at::zeros_like(kept.narrow(1, 0, 1)), kept}, 1).logsumexp(1);
}

class MultiSimilarity : public EmbeddingLoss {
 public:
  explicit MultiSimilarity(const Parameters& parameters)
      : EmbeddingLoss("multi_similarity", parameters.boolean("normalize")),
        alpha_(parameters.number("alpha")),
        beta_(parameters.number("beta")),
        base_(parameters.number("base")),
        mining_(parameters.boolean("mining")),
        miningMargin_(parameters.number("mining_margin")),
        ignored_(parameters.integer("ignore_index")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch);
    const auto similarities = x.matmul(x.t());
    auto pairs = labelPairs(batch.target, ignored_);
    pairs.positive = pairs.positive & (similarities < kSame);
    if (mining_) mine(similarities.detach(), pairs);
    const auto above = similarities - base_;
    auto values = logOnePlusSumExp(above * -alpha_, pairs.positive) / alpha_ +
                  logOnePlusSumExp(above * beta_, pairs.negative) / beta_;
    if (mining_)
      values = values.masked_fill((pairs.positive.any(1) & pairs.negative.any(1)).logical_not(), 0);
    return anchorMean(values, pairs.valid);
  }

 private:
  void checkFurther(const Batch& batch) const override { checkLabels(id(), batch); }

  /// Keeps the negatives that come near the least similar positive, and the positives that come
  /// near the most similar negative.
  void mine(const at::Tensor& similarities, LabelPairs& pairs) const {
    const auto least =
        similarities.masked_fill(pairs.positive.logical_not(), kInfinity).amin(1, true);
    const auto most =
        similarities.masked_fill(pairs.negative.logical_not(), -kInfinity).amax(1, true);
    pairs.negative = pairs.negative & (similarities + miningMargin_ > least);
    pairs.positive = pairs.positive & (similarities - miningMargin_ < most);
  }

  double alpha_, beta_, base_;
  bool mining_;
  double miningMargin_;
  std::int64_t ignored_;
};

}  // namespace

CatalogRow<Loss> multiSimilarityRow() {
  Descriptor descriptor;
  descriptor.id = "multi_similarity";
  descriptor.title = "Multi-similarity loss";
  descriptor.summary =
      "Weights each pair by its similarity and by how it stands among the anchor's other pairs.";
  descriptor.formula = "L_i = (1/α) log(1 + Σ_P e^{−α(s−λ)}) + (1/β) log(1 + Σ_N e^{β(s−λ)})";
  descriptor.citation =
      "Wang et al., Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning, "
      "CVPR 2019";
  descriptor.parameters = labelParameters(
      {ParameterSpec::number("alpha", 2, "Sharpness over the positives").above(0),
       ParameterSpec::number("beta", 40, "Sharpness over the negatives").above(0),
       ParameterSpec::number("base", 0.5, "λ: similarity that both sides are measured from"),
       ParameterSpec::boolean("mining", true, "Drop pairs that are right by a margin"),
       ParameterSpec::number("mining_margin", 0.1, "That margin, in similarity")});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {embeddingInput(), labelInput()};
  descriptor.traits = {{"prediction", "embedding"}};
  return rowOf<MultiSimilarity>(descriptor);
}

}  // namespace eq::loss
