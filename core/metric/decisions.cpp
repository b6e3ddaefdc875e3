#include "core/metric/decisions.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/first_found.h"
#include "core/metric/nonfinite.h"

namespace eq::metric {
namespace {

/// The target with 0 where the mask says that it does not count.
at::Tensor countedTarget(const Batch& batch) {
  const auto mask = batch.field("mask");
  return mask.defined() ? batch.target.masked_fill(mask == 0, 0) : batch.target;
}

void checkIndices(const Batch& batch, const std::string& metric) {
  const auto& target = batch.target;
  if (batch.prediction.size(1) < 2)
    fail("{}.prediction: needs logits of at least 2 classes, found {}", metric,
         loss::shapeText(batch.prediction));
  if (target.size(0) != batch.prediction.size(0))
    fail("{}.target: must have one entry a row of prediction {}, found {}", metric,
         loss::shapeText(batch.prediction), loss::shapeText(target));
  loss::checkMask(metric, batch.field("mask"), target.sizes(), "target");
  loss::checkIndices(metric, countedTarget(batch), batch.prediction.size(1), kIgnored);
}

void checkBinary(const Batch& batch, const std::string& metric) {
  loss::checkShape(metric, "target", batch.target, batch.prediction.sizes(), "prediction");
  loss::checkMask(metric, batch.field("mask"), batch.target.sizes(), "target");
  const auto target = countedTarget(batch);
  const auto wrong = (target != 0) & (target != 1);
  if (wrong.any().item<bool>())
    fail("{}.target: must be 0 or 1, found {}", metric, loss::firstFound(target, wrong));
}

}  // namespace

bool hasClassIndices(const Batch& batch) {
  return batch.prediction.dim() == 2 && batch.target.dim() == 1;
}

Decisions decide(const Batch& batch) {
  const auto target = countedTarget(batch).reshape({-1}).to(at::kLong);
  const auto mask = batch.field("mask");
  auto valid = target != kIgnored;
  if (mask.defined()) valid = valid & (mask.reshape({-1}) != 0);
  // Whatever stands at the place of a row that is not finite would pass for a decision.
  valid = valid & isNonfinite(batch.prediction, batch.target.sizes()).reshape({-1}).logical_not();
  if (!hasClassIndices(batch))
    return {(batch.prediction.reshape({-1}) > 0).to(at::kLong), target, valid};
  // argmax does not promise the first of equal logits on every device: the first maximum is taken
  // from a comparison.
  const auto isMaximum = batch.prediction == batch.prediction.amax(1, true);
  return {isMaximum.to(at::kInt).argmax(1), target, valid};
}

ClassLogits classLogits(const Batch& batch) {
  const Decisions decisions = decide(batch);
  const auto logits = batch.prediction.to(at::kDouble);
  if (hasClassIndices(batch)) return {logits, decisions};
  const auto positive = logits.reshape({-1});
  return {at::stack({at::zeros_like(positive), positive}, 1), decisions};
}

at::Tensor probabilities(const ClassLogits& rows) {
  const auto odds = (rows.logits - rows.logits.amax(1, true)).exp();
  return odds / std::get<0>(odds.sort(1)).sum(1, true);
}

at::Tensor classMembers(const ClassLogits& rows) {
  const auto classes = at::arange(rows.logits.size(1), rows.decisions.target.options());
  return rows.decisions.target.unsqueeze(1) == classes;
}

at::Tensor countClasses(const at::Tensor& classes, const at::Tensor& chosen, std::int64_t count) {
  const auto zero = at::zeros({count}, classes.options());
  return zero.scatter_add(0, classes.clamp(0, count - 1), chosen.to(at::kLong));
}

void checkClasses(const Batch& batch, const std::string& metric) {
  loss::checkNumbers(metric, "prediction", batch.prediction);
  loss::checkPresent(metric, "target", batch.target);
  if (batch.prediction.dim() < 1 || batch.prediction.dim() > 2)
    fail("{}.prediction: expected [N], [N, L] or [N, C], found {}", metric,
         loss::shapeText(batch.prediction));
  hasClassIndices(batch) ? checkIndices(batch, metric) : checkBinary(batch, metric);
}

void checkScores(const Batch& batch, const std::string& metric) {
  checkClasses(batch, metric);
  if (batch.prediction.dim() != 1)
    fail("{}.prediction: expected scores [N], found {}", metric, loss::shapeText(batch.prediction));
}

}  // namespace eq::metric
