#include "core/metric/quantiles.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace eq::metric {
namespace {

constexpr int kHalvings = 80;           ///< down to the last digit of a double
constexpr double kFarthest = 1e6;       ///< beyond any quantile that is asked for
constexpr std::int64_t kNormal = 5000;  ///< degrees of freedom from which t is normal to 1e-4

/// Where an increasing function of numbers from 0 to kFarthest reaches the share.
template <typename Function>
double inverse(Function function, double share) {
  double low = 0, high = kFarthest;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (function(middle) < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// P(T <= t) for t >= 0: the finite sums of whole degrees of freedom (Abramowitz and Stegun,
/// 26.7.3 and 26.7.4).
double studentShare(double t, std::int64_t freedom) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(freedom)));
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1, sum = freedom > 1 ? term : 0;
  for (std::int64_t k = odd ? 3 : 2; k < freedom; k += 2) {
    term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  const double within = odd ? (angle + sine * sum) * 2 / std::numbers::pi : sine * sum;
  return (1 + within) / 2;
}

}  // namespace

double normalShare(double z) {
  return std::erfc(-z / std::numbers::sqrt2) / 2;
}

double normalQuantile(double share) {
  if (share > 0.5) return -normalQuantile(1 - share);
  // By the lower tail, which has digits where the upper one is 1.
  return -inverse([](double z) { return -normalShare(-z); }, -share);
}

double studentQuantile(double share, std::int64_t freedom) {
  if (freedom >= kNormal) return normalQuantile(share);
  return inverse([&](double t) { return studentShare(t, freedom); }, share);
}

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto lower = static_cast<size_t>(place);
  const auto upper = std::min(lower + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(lower);
  if (sorted[lower] == sorted[upper]) return sorted[lower];  // infinite ones as well
  return part == 0 ? sorted[lower] : sorted[lower] + part * (sorted[upper] - sorted[lower]);
}

}  // namespace eq::metric
