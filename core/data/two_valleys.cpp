#include "core/data/two_valleys.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/data/problem.h"

namespace eq::data {
namespace {

constexpr double kSmallest = 5e-6;  // of the logarithm's argument
constexpr double kMinimum1 = 7;     // x1 of the first loss's minimum; the second's is at -7
constexpr double kLowest = -12;     // the front lies between these x2
constexpr double kHighest = -6;

const std::map<std::string, TwoValleys::Point> kStarts{{"upper_left", {-8.5, 7.5}},
                                                       {"centre", {0, 0}},
                                                       {"upper_right", {9, 9}},
                                                       {"lower_left", {-7.5, -0.5}},
                                                       {"lower_right", {9, -1}}};

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

/// max(x, 0) that passes its gradient at 0; LibTorch's clamps do so in some versions only.
at::Tensor positivePart(const at::Tensor& x) {
  return at::where(x >= 0, x, at::zeros_like(x));
}

/// [2] the losses at x [2], differentiable.
at::Tensor lossTensor(const at::Tensor& x, const TwoValleys::Point& scale) {
  const auto x1 = x.select(0, 0), x2 = x.select(0, 1);
  const auto c1 = positivePart((x2 / 2).tanh()), c2 = positivePart((-x2 / 2).tanh());
  const auto f1 = ((-x1 - 7) / 2 - (-x2).tanh()).abs().clamp_min(kSmallest).log() + 6;
  const auto f2 = ((-x1 + 3) / 2 + (-x2).tanh() + 2).abs().clamp_min(kSmallest).log() + 6;
  const auto height = 0.1 * (-x2 - 8).square();
  const auto q1 = ((-x1 + 7).square() + height) / 10 - 20;
  const auto q2 = ((-x1 - 7).square() + height) / 10 - 20;
  return at::stack({scale[0] * (f1 * c1 + q1 * c2), scale[1] * (f2 * c1 + q2 * c2)});
}

class TwoValleysData : public Dataset {
 public:
  explicit TwoValleysData(const Parameters& parameters)
      : scale_{parameters.number("scale1"), parameters.number("scale2")} {
    const auto named = kStarts.find(parameters.text("start"));
    start_ = named != kStarts.end()
                 ? named->second
                 : TwoValleys::Point{parameters.number("x1"), parameters.number("x2")};
  }

  Problem load(std::uint64_t) const override {
    Problem problem;
    problem.inputShape = {0};
    for (const char* name : {"loss1", "loss2"})
      problem.tasks.push_back({name, TaskKind::objective, 1, {}, "", {}});
    for (Split* split : {&problem.train, &problem.validation, &problem.test}) {
      split->inputs = at::ones({1, 0}, at::kFloat);
      split->targets.resize(2);
      split->masks.resize(2);
    }
    auto objective = std::make_shared<Objective>();
    objective->start = {start_[0], start_[1]};
    objective->losses = [scale = scale_](const at::Tensor& x) { return lossTensor(x, scale); };
    problem.objective = std::move(objective);
    return problem;
  }

 private:
  TwoValleys::Point scale_;
  TwoValleys::Point start_;
};

}  // namespace

TwoValleys::Point TwoValleys::losses(double x1, double x2) const {
  const double c1 = std::max(std::tanh(x2 / 2), 0.0), c2 = std::max(std::tanh(-x2 / 2), 0.0);
  const double f1 = std::log(std::max(std::abs((-x1 - 7) / 2 - std::tanh(-x2)), kSmallest)) + 6;
  const double f2 = std::log(std::max(std::abs((-x1 + 3) / 2 + std::tanh(-x2) + 2), kSmallest)) + 6;
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

CatalogRow<Dataset, const Setting&> twoValleysRow() {
  Descriptor descriptor;
  descriptor.id = "two_valleys";
  descriptor.title = "Two valleys";
  descriptor.summary =
      "Two losses of a point in the plane; from some starts equal weights get stuck far from the "
      "Pareto front.";
  descriptor.formula =
      "loss1 = s1 (f1 c1 + q1 c2), loss2 = s2 (f2 c1 + q2 c2); c1 = max(tanh(x2/2), 0), "
      "c2 = max(tanh(-x2/2), 0), f1 = log max(|(-x1-7)/2 - tanh(-x2)|, 5e-6) + 6, "
      "f2 = log max(|(-x1+3)/2 + tanh(-x2) + 2|, 5e-6) + 6, "
      "q1,2 = ((-x1 ± 7)² + 0.1 (-x2-8)²)/10 - 20";
  descriptor.citation =
      "B. Liu, X. Liu, X. Jin, P. Stone, Q. Liu, Conflict-Averse Gradient Descent, NeurIPS 2021; "
      "starts: A. Navon et al., Nash-MTL, ICML 2022";
  descriptor.parameters = {
      ParameterSpec::choice(
          "start", "upper_left",
          {"upper_left", "centre", "upper_right", "lower_left", "lower_right", "custom"},
          "Where it starts: (-8.5, 7.5), (0, 0), (9, 9), (-7.5, -0.5), (9, -1), or x1 and x2"),
      ParameterSpec::number("x1", -8.5, "Start of x1 when start is custom").from(-100).to(100),
      ParameterSpec::number("x2", -5, "Start of x2 when start is custom").from(-100).to(100),
      ParameterSpec::number("scale1", 1, "Factor of the first loss").above(0).to(1e6),
      ParameterSpec::number("scale2", 1, "Factor of the second loss").above(0).to(1e6),
  };
  descriptor.taskKinds = {TaskKind::objective};
  descriptor.traits = {{"analytic", true}};
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<TwoValleysData>(parameters);
          }};
}

}  // namespace eq::data
