#include "core/metric/bias_corrected.h"

#include "core/metric/undefined.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/metric/quantiles.h"

namespace eq::metric {
namespace {

std::vector<double> definedAndSorted(const std::vector<double>& values) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double value) { return !std::isnan(value); });
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double meanOfAll(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Which normal quantile the estimate is among the values, equal ones half below it.
double medianBias(const std::vector<double>& sorted, double estimate) {
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), estimate);
  const auto count = static_cast<double>(sorted.size());
  const auto below = static_cast<double>(first - sorted.begin() + (last - sorted.begin())) / 2;
  return normalQuantile(std::clamp(below / count, 0.5 / count, 1 - 0.5 / count));
}

/// A sixth of the skewness of the parts' influences; 0 without any.
double acceleration(const std::vector<double>& leftOut) {
  const auto values = definedAndSorted(leftOut);
  if (values.empty()) return 0;
  const double mean = meanOfAll(values);
  double squares = 0, cubes = 0;
  for (const double value : values) {
    squares += std::pow(mean - value, 2);
    cubes += std::pow(mean - value, 3);
  }
  const double found = cubes / (6 * std::pow(squares, 1.5));
  return std::isfinite(found) ? found : 0;
}

/// The share of the values below one end, BCa's. \param z the normal quantile of that end.
double endShare(double bias, double acceleration, double z) {
  const double shifted = bias + z;
  const double stretch = 1 - acceleration * shifted;
  if (stretch <= 0) return z > 0 ? 1 : 0;  // beyond the pole of the formula
  return normalShare(bias + shifted / stretch);
}

constexpr double kRounding = 1e-12;

bool varies(const std::vector<double>& sorted) {
  const double size = std::max(std::abs(sorted.front()), std::abs(sorted.back()));
  return sorted.back() - sorted.front() > kRounding * std::max(1.0, size);
}

/// Where all resamples agree. All or none of n say what n are worth; of anything else they only say
/// that the examples are too few or too alike.
Interval intervalOfOne(const Resampled& values, double confidence, std::int64_t resamples) {
  const double reached = std::pow((1 - confidence) / 2, 1 / static_cast<double>(values.examples));
  const bool isShare = values.range.lowest == 0 && values.range.highest == 1;
  if (isShare && values.estimate == 1) return {reached, 1, confidence, resamples};
  if (isShare && values.estimate == 0) return {0, 1 - reached, confidence, resamples};
  return {kUndefined, kUndefined, confidence, 0};
}

}  // namespace

Interval biasCorrectedInterval(const Resampled& values, double confidence) {
  auto sorted = definedAndSorted(values.drawn);
  if (sorted.empty() || values.examples < 2 || !std::isfinite(values.estimate))
    return {kUndefined, kUndefined, confidence, 0};
  if (!varies(sorted)) return intervalOfOne(values, confidence, std::ssize(sorted));
  Interval interval{values.estimate, values.estimate, confidence, std::ssize(sorted)};
  const auto& [lowest, highest] = values.range;

  const double shift = values.estimate - meanOfAll(sorted);
  if (std::isfinite(shift))
    for (auto& value : sorted) value += shift;
  const double bias = medianBias(sorted, values.estimate);
  const double stretch = acceleration(values.leftOut);
  const auto count = static_cast<double>(values.examples);
  const double z =
      std::sqrt(count / (count - 1)) * studentQuantile((1 + confidence) / 2, values.examples - 1);
  const double low = quantile(sorted, endShare(bias, stretch, -z));
  const double high = quantile(sorted, endShare(bias, stretch, z));
  interval.low = std::min(values.estimate, std::max(low, lowest));
  interval.high = std::max(values.estimate, std::min(high, highest));
  return interval;
}

}  // namespace eq::metric
