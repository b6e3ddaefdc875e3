#include "core/loss/weights/class_aware.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/nesting.h"
#include "core/loss/row.h"
#include "core/loss/weights/wrapper.h"

namespace eq::loss {
namespace {

class ClassAware : public Wrapper {
 public:
  explicit ClassAware(const Parameters& parameters) : Wrapper("class_aware", parameters) {
    const auto base = nestedLoss(parameters.at("base"), "class_aware.base");
    if (!acceptsKind(base.id, base.params, TaskKind::classification))
      fail("class_aware.base: must take class indices, which {} does not", base.id);
    const auto counts = parameters.numbers("counts");
    if (counts.empty()) fail("class_aware.counts: needs one entry a class, found none");
    const double fewest = *std::min_element(counts.begin(), counts.end());
    for (const double count : counts) weights_.push_back(fewest / count + 1);
    const double a = parameters.number("a");
    threshold_ = a / (1 + std::exp(a * static_cast<double>(parameters.integer("task_index")))) +
                 parameters.number("b");
  }

 private:
  void checkFields(const Batch& batch, const at::Tensor& valid) const override {
    if (batch.target.dim() != 1)
      fail("class_aware.target: needs class indices [N], found {}", shapeText(batch.target));
    checkLength(id(), "counts", weights_.size(), batch.prediction.size(1));
    if (batch.field("confidence").defined())
      checkField(batch, "confidence", valid, ParameterSpec::number("", 0, "").from(0).to(1));
  }

  at::Tensor weights(const Batch& batch, const Samples& samples) const override {
    const auto target = batch.target.masked_fill(samples.valid.logical_not(), 0);
    auto w = listTensor(weights_, samples.losses).index_select(0, target);
    const auto confidence = batch.field("confidence");
    return confidence.defined() ? w * (confidence > threshold_) : w;
  }

  at::Tensor divisor(const Batch& batch, const Samples& samples,
                     const at::Tensor& weights) const override {
    if (batch.field("confidence").defined()) return samples.count;
    const auto sum = weights.sum();
    return at::where(sum > 0, sum, at::ones_like(sum));
  }

  std::vector<double> weights_;
  double threshold_;
};

}  // namespace

CatalogRow<Loss> classAwareRow() {
  auto descriptor = wrapperDescriptor("class_aware");
  descriptor.title = "Class-aware weights";
  descriptor.summary = "Rare classes count up to twice; unsure pseudo-labels do not count.";
  descriptor.formula = "w_c = (n/C n_c)/max + 1; confidence > a/(1 + e^{a t}) + b";
  descriptor.citation = "Kalla et al., TACLE, 2024, arXiv:2407.08041";
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.parameters = wrapperParameters(
      {ParameterSpec::numberList("counts", nlohmann::json::array(), "Samples of each class")
           .above(0)
           .needed(),
       ParameterSpec::integer("task_index", 0, "t: 0 for the first task of a sequence").from(0),
       ParameterSpec::number("a", 0.5, "How far the threshold falls"),
       ParameterSpec::number("b", 0.65, "What the threshold falls to")});
  descriptor.inputs = {
      {"confidence", "[N]", "largest probability of the pseudo-label, 0 to 1", false}};
  return rowOf<ClassAware>(descriptor);
}

}  // namespace eq::loss
