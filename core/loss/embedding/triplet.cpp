#include "core/loss/embedding/triplet.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/base/error.h"
#include "core/loss/embedding/batch_all.h"
#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Triplet : public EmbeddingLoss {
 public:
  explicit Triplet(const Parameters& parameters)
      : EmbeddingLoss("triplet", parameters.boolean("normalize")),
        margin_(parameters.number("margin")),
        soft_(parameters.boolean("soft")),
        squared_(parameters.boolean("squared")),
        all_(parameters.text("mining") == "batch_all"),
        ignored_(parameters.integer("ignore_index")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch), positive = partner(batch, "positive");
    if (positive.defined())
      return anchorMean(terms(distance(squaredRowDistances(x, positive)) -
                              distance(squaredRowDistances(x, partner(batch, "negative")))));
    const auto pairs = labelPairs(batch.target, ignored_);
    const auto distances = distance(squaredDistances(x, x));
    return {all_ ? overAll(distances, pairs) : overHardest(distances, pairs), {}, pairs.valid};
  }

 private:
  void checkFurther(const Batch& batch) const override {
    const bool given = batch.field("positive").defined() || batch.field("negative").defined();
    if (!given) return checkLabels(id(), batch);
    for (const char* field : {"positive", "negative"})
      checkPartner(batch, field, batch.prediction.sizes(), "prediction");
  }

  at::Tensor distance(const at::Tensor& squared) const {
    return squared_ ? squared : rootDistance(squared);
  }

  at::Tensor terms(const at::Tensor& gaps) const {
    return soft_ ? -at::log_sigmoid(-gaps) : (gaps + margin_).relu();
  }

  at::Tensor overHardest(const at::Tensor& distances, const LabelPairs& pairs) const {
    const auto farthest = distances.masked_fill(pairs.positive.logical_not(), -kInfinity).amax(1);
    const auto nearest = distances.masked_fill(pairs.negative.logical_not(), kInfinity).amin(1);
    const auto anchors = pairs.positive.any(1) & pairs.negative.any(1);
    const auto gaps = (farthest - nearest).masked_fill(anchors.logical_not(), 0);
    return maskedMean(terms(gaps), anchors);
  }

  at::Tensor overAll(const at::Tensor& distances, const LabelPairs& pairs) const {
    return soft_ ? softOverTriplets(distances, pairs)
                 : hingeOverTriplets(distances, pairs, margin_);
  }

  double margin_;
  bool soft_, squared_, all_;
  std::int64_t ignored_;
};

}  // namespace

CatalogRow<Loss> tripletRow() {
  Descriptor descriptor;
  descriptor.id = "triplet";
  descriptor.title = "Triplet loss";
  descriptor.summary =
      "An anchor's positive shall be nearer than its negative, by a margin or softly.";
  descriptor.formula = "L = [d_ap − d_an + m]₊; soft: log(1 + exp(d_ap − d_an))";
  descriptor.citation =
      "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017, "
      "arXiv:1703.07737";
  descriptor.parameters = labelParameters(
      {ParameterSpec::number("margin", 0.2, "By how much the negative shall be farther").from(0),
       ParameterSpec::boolean("soft", false, "Softplus of the gap; the margin is not read"),
       ParameterSpec::boolean("squared", false, "Squared distances"),
       ParameterSpec::choice("mining", "batch_hard", {"batch_hard", "batch_all"},
                             "With labels: each anchor's hardest pair, or all triplets with a term "
                             "that is not 0")});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {embeddingInput(),
                       {"target", "int [N]",
                        "labels, or ignore_index; not read with positive and "
                        "negative",
                        false},
                       partnerInput("positive", "an embedding near each anchor", false),
                       partnerInput("negative", "an embedding far from each anchor", false)};
  descriptor.traits = {{"prediction", "embedding"}, {"coupled_without", "positive"}};
  return rowOf<Triplet>(descriptor);
}

}  // namespace eq::loss
