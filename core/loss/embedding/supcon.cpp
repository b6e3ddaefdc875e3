#include "core/loss/embedding/supcon.h"

#include <ATen/TensorOperators.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class SupCon : public EmbeddingLoss {
 public:
  explicit SupCon(const Parameters& parameters)
      : EmbeddingLoss("supcon", parameters.boolean("normalize")),
        temperature_(parameters.number("temperature")),
        factor_(temperature_ / parameters.number("base_temperature")),
        ignored_(parameters.integer("ignore_index")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto x = embeddings(batch);
    const auto pairs = labelPairs(batch.target, ignored_);
    const auto scores = x.matmul(x.t()) / temperature_;
    const auto count = pairs.positive.sum(1);
    const auto own =
        scores.masked_fill(pairs.positive.logical_not(), 0).sum(1) / count.clamp_min(1);
    const auto values = maskedLogSumExp(scores, pairs.positive | pairs.negative) - own;
    return anchorMean(values.masked_fill(count == 0, 0) * factor_, pairs.valid);
  }

 private:
  void checkFurther(const Batch& batch) const override { checkLabels(id(), batch); }

  double temperature_, factor_;
  std::int64_t ignored_;
};

}  // namespace

CatalogRow<Loss> supconRow() {
  Descriptor descriptor;
  descriptor.id = "supcon";
  descriptor.title = "Supervised contrastive loss";
  descriptor.summary =
      "Each embedding must find those of its class among all others; without any it counts as 0.";
  descriptor.formula = "L_i = −(τ/τ₀) (1/|P_i|) Σ_{p∈P_i} [s_ip/τ − log Σ_{a≠i} exp(s_ia/τ)]";
  descriptor.citation =
      "Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, arXiv:2004.11362";
  descriptor.parameters = labelParameters(
      {temperatureParameter(0.07),
       ParameterSpec::number("base_temperature", 0.07, "τ₀: the loss is scaled by τ/τ₀").above(0)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {embeddingInput(), labelInput()};
  descriptor.traits = {{"prediction", "embedding"}};
  return rowOf<SupCon>(descriptor);
}

}  // namespace eq::loss
