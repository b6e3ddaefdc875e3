#include "core/data/two_valleys.h"

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

const std::map<std::string, TwoValleys::Point> kStarts{{"upper_left", {-8.5, 7.5}},
                                                       {"centre", {0, 0}},
                                                       {"upper_right", {9, 9}},
                                                       {"lower_left", {-7.5, -0.5}},
                                                       {"lower_right", {9, -1}}};

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
    objective->closedForm = [valleys = TwoValleys(scale_)](const std::vector<double>& x) {
      const auto losses = valleys.losses(x[0], x[1]);
      const auto gradients = valleys.gradients(x[0], x[1]);
      Objective::Values values{{losses.begin(), losses.end()}, {}};
      for (const auto& gradient : gradients)
        values.rows.emplace_back(gradient.begin(), gradient.end());
      return values;
    };
    problem.objective = std::move(objective);
    return problem;
  }

 private:
  TwoValleys::Point scale_;
  TwoValleys::Point start_;
};

}  // namespace

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
