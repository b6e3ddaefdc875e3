#include "core/base/student.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace eq {
namespace {

constexpr double kSmallest = 1e-300;  // what Lentz's method takes for 0
constexpr int kMostTerms = 100000;    // the fraction needs about sqrt(a) of them

/// Γ(a + 1/2)/Γ(a) for a half of a whole number, without the cancellation of two logarithms:
/// upwards from a <= 1, or by its series where that is exact.
double gammaRatio(double a) {
  if (a > 100) {
    const double x = 1 / a;
    return std::sqrt(a) *
           (1 - x * (1.0 / 8 -
                     x * (1.0 / 128 +
                          x * (5.0 / 1024 - x * (21.0 / 32768 +
                                                 x * (399.0 / 262144 - x * (869.0 / 4194304)))))));
  }
  const bool isWhole = a == std::floor(a);
  double ratio = isWhole ? std::sqrt(std::numbers::pi) / 2 : std::numbers::inv_sqrtpi;
  for (double b = isWhole ? 1 : 0.5; b < a; b += 1) ratio *= (b + 0.5) / b;
  return ratio;
}

/// x^a (1 - x)^(1/2) / B(a, 1/2). \param logarithm of x.
double front(double a, double logarithm, double rest) {
  return std::exp(a * logarithm) * std::sqrt(rest) * gammaRatio(a) * std::numbers::inv_sqrtpi;
}

double awayFromZero(double value) {
  return std::abs(value) < kSmallest ? kSmallest : value;
}

/// The continued fraction of the incomplete beta function by Lentz's method, good for
/// x < (a + 1)/(a + b + 2).
double betaFraction(double a, double b, double x) {
  double c = 1;
  double d = 1 / awayFromZero(1 - (a + b) * x / (a + 1));
  double result = d;
  const auto take = [&](double term) {
    d = 1 / awayFromZero(1 + term * d);
    c = awayFromZero(1 + term / c);
    result *= c * d;
  };
  for (int m = 1; m < kMostTerms; ++m) {
    take(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    take(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(c * d - 1) <= std::numeric_limits<double>::epsilon()) break;
  }
  return result;
}

}  // namespace

double incompleteBetaHalf(double a, double x, double rest) {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  const double logarithm = rest < 0.5 ? std::log1p(-rest) : std::log(x);
  const double factor = front(a, logarithm, rest);
  if (x < (a + 1) / (a + 2.5)) return factor * betaFraction(a, 0.5, x) / a;
  return 1 - factor * betaFraction(0.5, a, rest) / 0.5;
}

double studentTails(double t, std::int64_t freedom) {
  if (std::isnan(t)) return t;
  if (std::isinf(t)) return 0;
  const double n = static_cast<double>(freedom);
  const double share = std::abs(t) / std::sqrt(n);  // its square could overflow
  if (share > 1e150) return 0;
  const double square = share * share;
  return incompleteBetaHalf(n / 2, 1 / (1 + square), square / (1 + square));
}

double studentQuantile(double tails, std::int64_t freedom) {
  double low = 0, high = 1;
  while (studentTails(high, freedom) > tails && high < 1e300) high *= 2;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    (studentTails(middle, freedom) > tails ? low : high) = middle;
  }
}

double normalTails(double z) {
  return std::erfc(std::abs(z) / std::numbers::sqrt2);
}

}  // namespace eq
