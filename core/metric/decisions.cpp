#include "core/metric/decisions.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>

namespace eq::metric {
namespace {

std::string shapeText(const at::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", "));
}

void checkIndices(const Batch& batch, const std::string& metric) {
  const auto classes = batch.prediction.size(1);
  const auto& target = batch.target;
  if (target.is_floating_point()) fail("{}.target: must be integers, found numbers", metric);
  if (target.size(0) != batch.prediction.size(0))
    fail("{}.target: must have one entry a row of prediction {}, found {}", metric,
         shapeText(batch.prediction), shapeText(target));
  const auto wrong = ((target < 0) | (target >= classes)) & (target != kIgnored);
  if (wrong.any().item<bool>())
    fail("{}.target: classes go from 0 to {} (or -100 = ignored), found {}", metric, classes - 1,
         target.masked_select(wrong)[0].item<std::int64_t>());
}

void checkBinary(const Batch& batch, const std::string& metric) {
  const auto& target = batch.target;
  if (!target.sizes().equals(batch.prediction.sizes()))
    fail("{}.target: must have the shape of prediction {}, found {}", metric,
         shapeText(batch.prediction), shapeText(target));
  const auto wrong = (target != 0) & (target != 1);
  if (wrong.any().item<bool>())
    fail("{}.target: must be 0 or 1, found {}", metric,
         target.masked_select(wrong)[0].item<double>());
  const auto mask = batch.field("mask");
  if (mask.defined() && !mask.sizes().equals(target.sizes()))
    fail("{}.mask: must have the shape of target {}, found {}", metric, shapeText(target),
         shapeText(mask));
}

}  // namespace

bool hasClassIndices(const Batch& batch) {
  return batch.prediction.dim() == 2 && batch.target.dim() == 1;
}

Decisions decide(const Batch& batch) {
  if (hasClassIndices(batch)) {
    const auto target = batch.target.reshape({-1});
    // argmax does not promise the first of equal logits on every device: the first maximum is taken
    // from a comparison.
    const auto isMaximum = batch.prediction == batch.prediction.amax(1, true);
    return {isMaximum.to(at::kInt).argmax(1), target, target != kIgnored};
  }
  const auto target = batch.target.reshape({-1}).to(at::kLong);
  const auto mask = batch.field("mask");
  return {(batch.prediction.reshape({-1}) > 0).to(at::kLong), target,
          mask.defined() ? mask.reshape({-1}) != 0 : target >= 0};
}

void checkClasses(const Batch& batch, const std::string& metric) {
  if (!batch.prediction.defined()) fail("{}.prediction: is required and missing", metric);
  if (!batch.target.defined()) fail("{}.target: is required and missing", metric);
  if (batch.prediction.dim() < 1 || batch.prediction.dim() > 2)
    fail("{}.prediction: expected [N], [N, L] or [N, C], found {}", metric,
         shapeText(batch.prediction));
  hasClassIndices(batch) ? checkIndices(batch, metric) : checkBinary(batch, metric);
}

}  // namespace eq::metric
