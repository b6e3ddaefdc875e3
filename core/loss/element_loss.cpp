#include "core/loss/element_loss.h"

#include <algorithm>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {
namespace {

/// Sum over all but the first axis.
at::Tensor sumOfSamples(const at::Tensor& values) {
  return values.reshape({values.size(0), -1}).sum(1);
}

}  // namespace

ElementLoss::ElementLoss(std::string id, const Parameters& values)
    : id_(std::move(id)), sum_(values.text("reduction") == "sum") {}

void ElementLoss::check(const Batch& batch) const {
  checkNumbers(id_, "prediction", batch.prediction);
  if (batch.prediction.dim() < 1 || batch.prediction.dim() > 2)
    fail("{}.prediction: expected [N] or [N, D], found {}", id_, shapeText(batch.prediction));
  checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
  const auto mask = batch.field("mask");
  checkMask(id_, mask, batch.prediction.sizes(), "prediction");
  checkNumbers(id_, "target",
               mask.defined() ? batch.target.masked_fill(mask == 0, 0) : batch.target);
  checkFurther(batch);
}

Value ElementLoss::evaluate(const Batch& batch, bool perSample) const {
  const auto mask = batch.field("mask");
  if (!mask.defined()) {
    const auto values = elements(batch.prediction, batch.target.to(batch.prediction.scalar_type()));
    const bool needsSamples = perSample || sum_;
    const auto samples = needsSamples ? values.reshape({values.size(0), -1}).mean(1) : at::Tensor();
    return {sum_ ? samples.sum()
                 : values.sum() / static_cast<double>(std::max<std::int64_t>(values.numel(), 1)),
            samples,
            {}};
  }
  const auto off = mask == 0;
  // Masked inside, so that whatever stands in a masked place reaches neither the value nor the
  // gradient.
  const auto prediction = batch.prediction.masked_fill(off, 0);
  const auto target = batch.target.to(prediction.scalar_type()).masked_fill(off, 0);
  const auto values = elements(prediction, target).masked_fill(off, 0);
  const auto valid = off.logical_not().to(values.scalar_type());
  const bool needsSamples = perSample || sum_;
  const auto samples =
      needsSamples ? sumOfSamples(values) / sumOfSamples(valid).clamp_min(1) : at::Tensor();
  const auto counts = needsSamples ? sumOfSamples(valid) > 0 : at::Tensor();
  return {sum_ ? samples.sum() : values.sum() / valid.sum().clamp_min(1), samples, counts};
}

std::vector<ParameterSpec> elementParameters(std::vector<ParameterSpec> own) {
  own.push_back(
      ParameterSpec::choice("reduction", "mean", {"mean", "sum"},
                            "Mean over the valid elements, or sum of the samples' means"));
  return own;
}

std::vector<InputField> elementInputs(const std::string& prediction, const std::string& target) {
  return {{"prediction", "[N] or [N, D]", prediction},
          {"target", "as prediction", target},
          {"mask", "as prediction", "0 = does not count", false}};
}

}  // namespace eq::loss
