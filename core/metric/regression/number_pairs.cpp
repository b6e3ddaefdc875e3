#include "core/metric/regression/number_pairs.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::metric {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Moments of one batch, [6, D].
at::Tensor momentsOf(const NumberPairs& pairs) {
  const auto weight = pairs.valid.to(at::kDouble);
  const auto count = weight.sum(0);
  const auto divisor = count.clamp_min(1);
  const auto meanX = pairs.prediction.sum(0) / divisor;
  const auto meanY = pairs.target.sum(0) / divisor;
  const auto x = (pairs.prediction - meanX) * weight;
  const auto y = (pairs.target - meanY) * weight;
  return at::stack({count, meanX, meanY, (x * x).sum(0), (y * y).sum(0), (x * y).sum(0)});
}

at::Tensor joined(const at::Tensor& a, const at::Tensor& b) {
  const auto total = a[0] + b[0];
  const auto share = b[0] / total.clamp_min(1);
  const auto deltaX = b[1] - a[1], deltaY = b[2] - a[2];
  const auto between = a[0] * share;
  return at::stack(
      {total, a[1] + deltaX * share, a[2] + deltaY * share, a[3] + b[3] + deltaX * deltaX * between,
       a[4] + b[4] + deltaY * deltaY * between, a[5] + b[5] + deltaX * deltaY * between});
}

}  // namespace

NumberPairs numberPairs(const Batch& batch) {
  const std::int64_t outputs = batch.target.dim() == 2 ? batch.target.size(1) : 1;
  const auto flat = [&](const at::Tensor& tensor) { return tensor.reshape({-1, outputs}); };
  const auto mask = batch.field("mask");
  const auto valid =
      mask.defined() ? flat(mask) != 0 : at::ones_like(flat(batch.target), at::kBool);
  const auto off = valid.logical_not();
  const auto numbers = [&](const at::Tensor& tensor) {
    return flat(tensor).to(at::kDouble).masked_fill(off, 0);
  };
  return {numbers(batch.prediction), numbers(batch.target), valid};
}

void checkNumberPairs(const Batch& batch, const std::string& metric) {
  loss::checkNumbers(metric, "prediction", batch.prediction);
  if (batch.prediction.dim() < 1 || batch.prediction.dim() > 2)
    fail("{}.prediction: expected [N] or [N, D], found {}", metric,
         loss::shapeText(batch.prediction));
  loss::checkTargetNumbers(metric, batch, batch.prediction.sizes());
}

void PairMoments::add(const NumberPairs& pairs) {
  const auto both = at::stack({pairs.prediction, pairs.target});
  const auto off = pairs.valid.logical_not();
  const auto lowest = both.masked_fill(off, kInfinity).amin(1);
  const auto highest = both.masked_fill(off, -kInfinity).amax(1);
  const auto moments = momentsOf(pairs);
  const bool first = !moments_.defined();
  moments_ = first ? moments : joined(moments_, moments);
  lowest_ = first ? lowest : at::minimum(lowest_, lowest);
  highest_ = first ? highest : at::maximum(highest_, highest);
}

std::vector<PairMoments::Output> PairMoments::outputs() const {
  std::vector<Output> outputs;
  if (!moments_.defined()) return outputs;
  const auto host = at::cat({moments_, lowest_, highest_}).to(at::kCPU).t().contiguous();
  for (std::int64_t d = 0; d < host.size(0); ++d) {
    const auto* row = host.const_data_ptr<double>() + d * host.size(1);
    outputs.push_back(
        {row[0], row[1], row[2], row[3], row[4], row[5], row[6] >= row[8], row[7] >= row[9]});
  }
  return outputs;
}

}  // namespace eq::metric
