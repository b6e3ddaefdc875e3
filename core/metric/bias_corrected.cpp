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

/// The interval of all or none of n, of a metric from 0 to 1 that is at an end of it.
Interval intervalAtEnd(const Resampled& values, Interval interval) {
  const double reached =
      std::pow((1 - interval.confidence) / 2, 1 / static_cast<double>(values.examples));
  if (values.estimate == values.range.highest) interval.low = reached;
  if (values.estimate == values.range.lowest) interval.high = 1 - reached;
  return interval;
}

}  // namespace

Interval biasCorrectedInterval(const Resampled& values, double confidence) {
  auto sorted = definedAndSorted(values.drawn);
  if (sorted.empty() || values.examples < 2 || !std::isfinite(values.estimate))
    return {kUndefined, kUndefined, confidence, 0};
  Interval interval{values.estimate, values.estimate, confidence, std::ssize(sorted)};
  const auto& [lowest, highest] = values.range;
  if (sorted.front() == sorted.back() && sorted.front() == values.estimate)
    return lowest == 0 && highest == 1 ? intervalAtEnd(values, interval) : interval;

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
