#include "core/train/split_mean.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/where.h>

#include "core/metric/metric_support.h"

namespace eq::train {
namespace {

/// A chunk's value is a mean when it equals it up to the rounding of float32.
constexpr double kSameShare = 1e-5;

void raise(at::Tensor& largest, const at::Tensor& one) {
  largest = largest.defined() ? at::maximum(largest, one) : one;
}

double ratio(const at::Tensor& sum, const at::Tensor& count) {
  return sum.item<double>() / count.item<double>();
}

}  // namespace

void SplitMean::add(const loss::Value& found, const at::Tensor& counted) {
  const auto value = found.value.to(at::kDouble);
  const auto examples = (counted > 0).sum().to(at::kDouble);
  only_ = value;
  ++chunks_;
  metric::addTo(sums_.examples, examples);
  // A chunk in which nothing counts may have any value.
  metric::addTo(sums_.values, (value * examples).masked_fill(examples == 0, 0));
  const auto& samples = found.perSample;
  hasSamples_ = hasSamples_ && samples.defined() && samples.sizes() == counted.sizes();
  if (hasSamples_) addSamples(value, samples.to(at::kDouble), counted.to(at::kDouble));
}

void SplitMean::addSamples(const at::Tensor& value, const at::Tensor& samples,
                           const at::Tensor& counted) {
  const auto examples = (counted > 0).sum().to(at::kDouble), entries = counted.sum();
  const auto sum = samples.sum(), parts = (samples * counted).sum();
  const auto size = samples.abs().sum() / examples.clamp_min(1) + std::numeric_limits<float>::min();
  const auto off = [&](const at::Tensor& mean) {
    return ((mean - value).abs() / size).masked_fill(examples == 0, 0);
  };
  raise(offExamples_, off(sum / examples));
  raise(offEntries_, off(parts / entries));
  metric::addTo(sums_.samples, sum);
  metric::addTo(sums_.divisors, at::where(value == 0, examples, sum / value));
  metric::addTo(sums_.entries, entries);
  metric::addTo(sums_.parts, parts);
}

double SplitMean::value() const {
  if (chunks_ == 0 || sums_.examples.item<double>() == 0)
    return std::numeric_limits<double>::quiet_NaN();
  if (chunks_ == 1) return only_.item<double>();
  if (!hasSamples_) return ratio(sums_.values, sums_.examples);
  if (offExamples_.item<double>() <= kSameShare) return ratio(sums_.samples, sums_.examples);
  if (offEntries_.item<double>() <= kSameShare) return ratio(sums_.parts, sums_.entries);
  return ratio(sums_.samples, sums_.divisors);
}

}  // namespace eq::train
