#include "core/loss/custom/given.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {
namespace {

class Given : public Loss {
 public:
  void check(const Batch& batch) const override {
    checkNumbers("given", "prediction", batch.prediction);
    if (batch.prediction.dim() != 1)
      fail("given.prediction: expected [N], found {}", shapeText(batch.prediction));
    checkMask("given", batch.field("mask"), batch.prediction.sizes(), "prediction");
  }

  Value evaluate(const Batch& batch, bool) const override {
    const auto mask = batch.field("mask");
    if (!mask.defined()) return {batch.prediction.mean(), batch.prediction, {}};
    const auto values = batch.prediction.masked_fill(mask == 0, 0);
    const auto valid = mask != 0;
    return {values.sum() / valid.sum().clamp_min(1), values, valid};
  }
};

}  // namespace

CatalogRow<Loss> givenRow() {
  Descriptor descriptor;
  descriptor.id = "given";
  descriptor.title = "Given";
  descriptor.summary = "The prediction is itself the loss, as in analytic problems.";
  descriptor.formula = "L = ŷ";
  descriptor.citation = "None needed";
  descriptor.taskKinds = {TaskKind::objective};
  descriptor.inputs = {{"prediction", "[N]", "losses"},
                       {"mask", "[N]", "0 = does not count", false}};
  return {descriptor, [](const Parameters&) { return std::make_unique<Given>(); }};
}

}  // namespace eq::loss
