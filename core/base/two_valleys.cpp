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

std::array<TwoValleys::Point, 2> TwoValleys::gradients(double x1, double x2) const {
  const double tangent = std::tanh(x2 / 2), steep = 1 - std::tanh(x2) * std::tanh(x2);
  const double half = (1 - tangent * tangent) / 2;
  const double c1 = std::max(tangent, 0.0), c2 = std::max(-tangent, 0.0);
  const double d1 = x2 >= 0 ? half : 0, d2 = x2 <= 0 ? -half : 0;
  const double a1 = (-x1 - 7) / 2 + std::tanh(x2), a2 = (-x1 + 3) / 2 - std::tanh(x2) + 2;
  const auto slope = [](double argument) {  // of log max(|a|, least)
    return argument != 0 && std::abs(argument) >= kLeastArgument ? 1 / argument : 0;
  };
  const auto value = [](double argument) {
    return std::log(std::max(std::abs(argument), kLeastArgument)) + 6;
  };
  const double height = 0.1 * (x2 + 8) * (x2 + 8), rise = 0.2 * (x2 + 8) / 10;
  const double q1 = ((7 - x1) * (7 - x1) + height) / 10 - 20;
  const double q2 = ((7 + x1) * (7 + x1) + height) / 10 - 20;
  const double s1 = slope(a1), s2 = slope(a2);
  return {Point{scale_[0] * (-s1 / 2 * c1 - (7 - x1) / 5 * c2),
                scale_[0] * (s1 * steep * c1 + value(a1) * d1 + rise * c2 + q1 * d2)},
          Point{scale_[1] * (-s2 / 2 * c1 + (7 + x1) / 5 * c2),
                scale_[1] * (-s2 * steep * c1 + value(a2) * d1 + rise * c2 + q2 * d2)}};
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
