#include "core/loss/embedding/cwcl.h"

#include <ATen/TensorOperators.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Cwcl : public EmbeddingLoss {
 public:
  explicit Cwcl(const Parameters& parameters)
      : EmbeddingLoss("cwcl", parameters.boolean("normalize"), {"pair"}),
        temperature_(parameters.number("temperature")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto trained = embeddings(batch), frozen = partner(batch, "pair").detach();
    const auto scores = frozen.matmul(trained.t()) / temperature_;
    const auto weights = (frozen.matmul(frozen.t()) + 1) / 2;
    const auto total = weights.sum(1);
    const auto byFrozen =
        (weights * scores.log_softmax(1)).sum(1) / total.masked_fill(total == 0, 1);
    const auto byTrained = scores.log_softmax(0).diagonal();
    return {-(byFrozen + byTrained).mean(), {}, {}};
  }

 private:
  double temperature_;
};

}  // namespace

CatalogRow<Loss> cwclRow() {
  Descriptor descriptor;
  descriptor.id = "cwcl";
  descriptor.title = "Continuously weighted contrastive loss";
  descriptor.summary =
      "Aligns embeddings with a frozen modality, whose own similarities weight the positives.";
  descriptor.formula =
      "L = −(1/N) Σ_i Σ_j w_ij log softmax_j(⟨u_i, v_j⟩/τ) / Σ_j w_ij + InfoNCE(v → u), "
      "w_ij = ½⟨u_i, u_j⟩ + ½";
  descriptor.citation =
      "Srinivasa et al., CWCL: Cross-Modal Transfer with Continuously Weighted Contrastive Loss, "
      "NeurIPS 2023, arXiv:2309.14580";
  descriptor.parameters = embeddingParameters({temperatureParameter(0.1)});
  descriptor.inputs = {embeddingInput(),
                       partnerInput("pair", "the frozen embedding u of each sample")};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}, {"made_in_runs", {"pair"}}};
  return rowOf<Cwcl>(descriptor);
}

}  // namespace eq::loss
