#include "core/loss/embedding/sy_con.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class SyCon : public EmbeddingLoss {
 public:
  explicit SyCon(const Parameters& parameters)
      : EmbeddingLoss("sy_con", true, {"previous", "predicted"}),
        temperature_(parameters.number("temperature")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto z = embeddings(batch), previous = partner(batch, "previous").detach();
    const auto predicted = partner(batch, "predicted");
    const auto otherView = z.roll(z.size(0) / 2, 0);
    return {
        (contrast(z, otherView, z, previous) + contrast(predicted, previous, previous, z)).mean(),
        {},
        {}};
  }

 private:
  void checkFurther(const Batch& batch) const override {
    if (batch.prediction.size(0) % 2 != 0)
      fail("{}.prediction: needs two views of each sample, [2N, D], found {} rows", id(),
           batch.prediction.size(0));
  }

  /// Each anchor's positive against row j of both sets, j not the anchor's own, [2N].
  at::Tensor contrast(const at::Tensor& anchors, const at::Tensor& positives,
                      const at::Tensor& first, const at::Tensor& second) const {
    const auto own = (anchors * positives).sum(1) / temperature_;
    const auto scores = anchors.matmul(at::cat({first, second}).t()) / temperature_;
    const auto others = offDiagonal(anchors.size(0), anchors);
    return maskedLogSumExp(scores, at::cat({others, others}, 1)) - own;
  }

  double temperature_;
};

}  // namespace

CatalogRow<Loss> syConRow() {
  Descriptor descriptor;
  descriptor.id = "sy_con";
  descriptor.title = "Sy-CON";
  descriptor.summary =
      "Contrasts two views with each other and with a frozen former model, in both directions.";
  descriptor.formula =
      "L₁ + L₂ over 2N rows; L₁ = lse({z_i·z_j} ∪ {z_i·f_j}) − z_i·z_i⁺, L₂ = lse({p_i·f_j} ∪ "
      "{p_i·z_j}) − p_i·f_i, j ≠ i, all divided by τ";
  descriptor.citation =
      "Cha et al., Regularizing with Pseudo-Negatives for Continual Self-Supervised Learning, ICML "
      "2024, arXiv:2306.05101";
  descriptor.parameters = {temperatureParameter(0.2)};
  descriptor.inputs = {{"prediction", "[2N, D]", "embeddings z of view A, then of view B"},
                       {"previous", "[2N, D]", "embeddings f of the former model; no gradient"},
                       {"predicted", "[2N, D]", "the predictor's p for each z"}};
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}};
  return rowOf<SyCon>(descriptor);
}

}  // namespace eq::loss
