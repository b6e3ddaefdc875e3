#include "core/loss/element_loss.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

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
  const auto last = channels();
  const auto axes = batch.prediction.dim() - (last > 0 ? 1 : 0);
  if (axes < 1 || axes > 2 || (last > 0 && batch.prediction.size(-1) != last))
    fail("{}.prediction: expected {}, found {}", id_,
         last > 0 ? fmt::format("[N, {0}] or [N, D, {0}]", last) : "[N] or [N, D]",
         shapeText(batch.prediction));
  checkTargetNumbers(id_, batch, batch.prediction.sizes().slice(0, static_cast<size_t>(axes)));
  checkFurther(batch);
}

Value ElementLoss::evaluate(const Batch& batch, bool perSample) const {
  const auto mask = batch.field("mask");
  const auto numbers = batch.target.to(batch.prediction.scalar_type());
  if (!mask.defined()) return pooled(elements(batch.prediction, numbers), {}, sum_, perSample);
  const auto off = mask == 0;
  // Masked inside, so that whatever stands in a masked place reaches neither the value nor the
  // gradient.
  const auto prediction = batch.prediction.masked_fill(channels() > 0 ? off.unsqueeze(-1) : off, 0);
  return pooled(elements(prediction, numbers.masked_fill(off, 0)), off, sum_, perSample);
}

Value pooled(const at::Tensor& values, const at::Tensor& off, bool sum, bool perSample) {
  const bool needsSamples = perSample || sum;
  if (!off.defined()) {
    const auto samples = needsSamples ? values.reshape({values.size(0), -1}).mean(1) : at::Tensor();
    return {sum ? samples.sum()
                : values.sum() / static_cast<double>(std::max<std::int64_t>(values.numel(), 1)),
            samples,
            {}};
  }
  const auto kept = values.masked_fill(off, 0);
  const auto valid = off.logical_not().to(values.scalar_type());
  const auto samples =
      needsSamples ? sumOfSamples(kept) / sumOfSamples(valid).clamp_min(1) : at::Tensor();
  const auto counts = needsSamples ? sumOfSamples(valid) > 0 : at::Tensor();
  return {sum ? samples.sum() : kept.sum() / valid.sum().clamp_min(1), samples, counts};
}

at::Tensor logCosh(const at::Tensor& x) {
  const auto size = x.abs();
  // Near 0 the exponential form is a difference of nearly equal numbers.
  const auto nearZero = ((size.clamp_max(1) / 2).sinh().square() * 2).log1p();
  const auto far = size + (size * -2).exp().log1p() - std::log(2.0);
  return at::where(size < 1, nearZero, far);
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
