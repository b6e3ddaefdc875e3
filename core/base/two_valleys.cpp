#include "core/base/two_valleys.h"

#include <algorithm>
#include <cmath>

namespace eq {
namespace {

constexpr double kLeastArgument = 5e-6;  // of the logarithm's argument
constexpr double kMinimum1 = 7;          // x1 of the first loss's minimum; the second's is at -7
constexpr double kLowest = -12;          // the front lies between these x2
constexpr double kHighest = -6;

/// x2 of the minimum of tanh(-x2/2) (depth + 0.01 (x2 + 8)^2) by golden section; it has one there.
double lowestX2(double depth) {
  const auto value = [&](double x2) {
    return std::tanh(-x2 / 2) * (depth + 0.01 * (x2 + 8) * (x2 + 8));
  };
  constexpr double kGolden = 0.6180339887498949;
  double low = kLowest, high = kHighest;
  for (int i = 0; i < 80; ++i) {
    const double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
    (value(left) < value(right) ? high : low) = value(left) < value(right) ? right : left;
  }
  return (low + high) / 2;
}

}  // namespace

TwoValleys::Point TwoValleys::losses(double x1, double x2) const {
  const double c1 = std::max(std::tanh(x2 / 2), 0.0), c2 = std::max(std::tanh(-x2 / 2), 0.0);
  const double f1 =
      std::log(std::max(std::abs((-x1 - 7) / 2 - std::tanh(-x2)), kLeastArgument)) + 6;
  const double f2 =
      std::log(std::max(std::abs((-x1 + 3) / 2 + std::tanh(-x2) + 2), kLeastArgument)) + 6;
  const double height = 0.1 * (-x2 - 8) * (-x2 - 8);
  const double q1 = ((-x1 + 7) * (-x1 + 7) + height) / 10 - 20;
  const double q2 = ((-x1 - 7) * (-x1 - 7) + height) / 10 - 20;
  return {scale_[0] * (f1 * c1 + q1 * c2), scale_[1] * (f2 * c1 + q2 * c2)};
}

double TwoValleys::meanLoss(double x1, double x2) const {
  const Point both = losses(x1, x2);
  return (both[0] + both[1]) / 2;
}

std::vector<TwoValleys::FrontPoint> TwoValleys::front(int points) const {
  std::vector<FrontPoint> out;
  for (int i = 0; i < points; ++i) {
    // Below the ridge the weighted sum is w q1 + (1 - w) q2 times a factor of x2 alone, so that
    // x1 = 7 (2 w - 1), and factors of the losses only move a point along the front.
    const double w = 1 - static_cast<double>(i) / std::max(points - 1, 1);
    const double x1 = kMinimum1 * (2 * w - 1);
    const double depth = w * (7 - x1) * (7 - x1) / 10 + (1 - w) * (7 + x1) * (7 + x1) / 10 - 20;
    const double x2 = lowestX2(depth);
    out.push_back({{x1, x2}, losses(x1, x2)});
  }
  return out;
}

}  // namespace eq
