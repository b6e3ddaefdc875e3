#include "core/loss/embedding/metrix.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/embedding_support.h"
#include "core/loss/first_found.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Metrix : public EmbeddingLoss {
 public:
  explicit Metrix(const Parameters& parameters)
      : EmbeddingLoss("metrix", parameters.boolean("normalize"), {"mixed"}),
        margin_(parameters.number("margin")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto distance =
        rootDistance(squaredRowDistances(embeddings(batch), partner(batch, "mixed")));
    const auto share = batch.target.to(distance.scalar_type());
    return anchorMean(share * distance + (1 - share) * (margin_ - distance).relu());
  }

 private:
  void checkFurther(const Batch& batch) const override {
    checkShape(id(), "target", batch.target, {batch.prediction.size(0)}, "the samples");
    checkNumbers(id(), "target", batch.target);
    const auto wrong = (batch.target < 0) | (batch.target > 1);
    if (wrong.any().item<bool>())
      fail("{}.target: shares go from 0 to 1, found {}", id(), firstFound(batch.target, wrong));
  }

  double margin_;
};

}  // namespace

CatalogRow<Loss> metrixRow() {
  Descriptor descriptor;
  descriptor.id = "metrix";
  descriptor.title = "Metrix";
  descriptor.summary =
      "The contrastive loss of an anchor and a mixed embedding that is a positive by a share.";
  descriptor.formula = "L = λ d + (1 − λ) [m − d]₊";
  descriptor.citation =
      "Venkataramanan et al., It Takes Two to Tango: Mixup for Deep Metric Learning, ICLR 2022, "
      "arXiv:2106.04990";
  descriptor.parameters = embeddingParameters(
      {ParameterSpec::number("margin", 0.5, "Distance from which negatives are left alone")
           .above(0)});
  descriptor.inputs = {embeddingInput(),
                       {"target", "[N]", "share λ of the positive in the mixed one, 0 to 1"},
                       partnerInput("mixed", "the mixed embedding for each anchor")};
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.traits = {{"prediction", "embedding"}};
  return rowOf<Metrix>(descriptor);
}

}  // namespace eq::loss
