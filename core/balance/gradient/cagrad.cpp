#include "core/balance/gradient/cagrad.h"

#include <algorithm>
#include <cmath>

#include "core/balance/gradient/active_set.h"
#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/kernels.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

double norm(const Eigen::MatrixXd& gramian, const VectorXd& weights) {
  return std::sqrt(std::max(0.0, weights.dot(gramian * weights)));
}

class CaGrad : public GradientMethod {
 public:
  CaGrad(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::mean),
        c_(parameters.number("c")),
        rescale_(parameters.integer("rescale")) {}

 private:
  VectorXd solve(const Rows& rows) override {
    const auto& gramian = rows.gramian;
    const VectorXd mean =
        VectorXd::Constant(gramian.rows(), 1.0 / static_cast<double>(gramian.rows()));
    const double reach = c_ * norm(gramian, mean);
    if (!(reach > 0)) return mean;
    const VectorXd worst = cagradPoint(gramian, c_);
    if (cancels(gramian, worst)) return onCone(gramian, mean, reach) / divisor();
    return (mean + reach / norm(gramian, worst) * worst) / divisor();
  }

  /// Where the worst task cannot gain: the mean's projection onto the cone of the directions that
  /// harm no task, made longer up to the ball's side. Zero where that cone is a point.
  static VectorXd onCone(const Eigen::MatrixXd& gramian, const VectorXd& mean, double reach) {
    const VectorXd v = dualConePoint(gramian, mean);
    if (cancels(gramian, v)) return VectorXd::Zero(v.size());
    const double left = reach * reach - std::pow(norm(gramian, v - mean), 2);
    return (1 + std::sqrt(std::max(0.0, left)) / norm(gramian, v)) * v;
  }

  double divisor() const {
    if (rescale_ == 1) return 1 + c_ * c_;
    return rescale_ == 2 ? 1 + c_ : 1;
  }

  double c_;
  std::int64_t rescale_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> cagradRow() {
  Descriptor descriptor;
  descriptor.id = "cagrad";
  descriptor.title = "CAGrad";
  descriptor.summary = "Helps the worst task most, within a ball around the mean gradient.";
  descriptor.formula = "max_d min_k g_k·d  subject to ‖d − g₀‖ ≤ c‖g₀‖";
  descriptor.citation =
      "Liu et al., Conflict-Averse Gradient Descent for Multi-task Learning, NeurIPS 2021";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::number("c", 0.5, "Radius of the ball, in lengths of the mean gradient")
           .from(0),
       ParameterSpec::integer("rescale", 0,
                              "0: the update as it is; 1: divided by 1 + c²; 2: divided by 1 + c")
           .from(0)
           .to(2)},
      Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<CaGrad>(parameters, setting);
          }};
}

}  // namespace eq::balance
