#include "core/loss/distillation/dcd.h"

#include <algorithm>

#include <ATen/TensorOperators.h>

#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Dcd : public EmbeddingLoss {
 public:
  explicit Dcd(const Parameters& parameters)
      : EmbeddingLoss("dcd", true, {"teacher"}),
        scale_(parameters.number("scale")),
        alpha_(parameters.number("alpha")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto logits = embeddings(batch).matmul(partner(batch, "teacher").detach().t()) * scale_;
    const auto ofRows = logits.log_softmax(1), ofColumns = logits.t().log_softmax(1);
    const auto consistency = (ofColumns.exp() * (ofColumns - ofRows)).sum();
    const auto count = static_cast<double>(std::max<std::int64_t>(logits.size(0), 1));
    return {(consistency * alpha_ - ofRows.diagonal().sum()) / count, {}, {}};
  }

 private:
  double scale_, alpha_;
};

}  // namespace

CatalogRow<Loss> dcdRow() {
  Descriptor descriptor;
  descriptor.id = "dcd";
  descriptor.title = "Discriminative and consistent distillation";
  descriptor.summary =
      "Each sample's student features find their teacher's in the batch, and both directions of "
      "the search agree.";
  descriptor.formula = "L = CE(ℓ, diagonal) + α KL(softmax(ℓᵀ) ‖ softmax(ℓ)), ℓ = scale · ŝ t̂ᵀ";
  descriptor.citation =
      "Giakoumoglou, Stathaki, Discriminative and Consistent Representation Distillation, 2024, "
      "arXiv:2407.11802";
  descriptor.parameters = {
      ParameterSpec::number("scale", 2.718281828459045, "Factor on the cosines").from(0).to(10),
      ParameterSpec::number("alpha", 0.5, "Factor on the consistency of both directions").from(0)};
  descriptor.inputs = {{"prediction", "[N, D]", "projected features of the student"},
                       {"teacher", "[N, D]", "projected features of the teacher"}};
  descriptor.taskKinds = kindsWithFeatures();
  descriptor.traits = {{"prediction", "embedding"}, {"coupled", true}};
  return rowOf<Dcd>(std::move(descriptor));
}

}  // namespace eq::loss
