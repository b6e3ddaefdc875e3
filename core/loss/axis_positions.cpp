#include "core/loss/axis_positions.h"

#include <limits>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"

namespace eq::loss {
namespace {

constexpr std::int64_t kIgnored = -100;
constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();

at::Tensor onClassAxis(const std::string& axis, const at::Tensor& logits,
                       const at::Tensor& target) {
  if (axis == "margin") return effectiveMargin(logits, target);
  const auto own = ownLogit(logits, target);
  if (axis == "raw") return own;
  const auto classes = static_cast<double>(logits.size(1));
  if (axis == "centred") return (own - logits.mean(1)) * (classes / (classes - 1));
  return own / logits.norm(2, 1).clamp_min(1e-12);
}

}  // namespace

at::Tensor axisPositions(const std::string& axis, const Batch& batch) {
  const auto& prediction = batch.prediction;
  const bool classAxis =
      axis == "margin" || axis == "raw" || axis == "centred" || axis == "similarity";
  const bool fits =
      batch.target.defined() && (classAxis ? prediction.dim() == 2 && batch.target.dim() == 1 &&
                                                 !batch.target.is_floating_point()
                                           : batch.target.sizes().equals(prediction.sizes()));
  if (!fits)
    fail("axis: predictions {} with these targets have no place on \"{}\"", shapeText(prediction),
         axis);
  if (classAxis) {
    const auto ignored = batch.target == kIgnored;
    const auto places = onClassAxis(axis, prediction, batch.target.masked_fill(ignored, 0));
    return places.masked_fill(ignored, kNowhere);
  }
  const auto places = axis == "logit" ? prediction : prediction - batch.target;
  const auto mask = batch.field("mask");
  return (mask.defined() ? places.masked_fill(mask == 0, kNowhere) : places).reshape({-1});
}

}  // namespace eq::loss
