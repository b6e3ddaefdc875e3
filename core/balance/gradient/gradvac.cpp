#include "core/balance/gradient/gradvac.h"

#include <algorithm>
#include <cmath>

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/visit_order.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kVaccineEpsilon = 1e-8;
/// ‖Σ b_k u_k‖ below this share of Σ |b_k| is rounding: the Gramian holds its square.
constexpr double kNothingLeft = 1e-7;

double sineOf(double cosine) {
  return std::sqrt(std::max(0.0, 1 - cosine * cosine));
}

class GradVac : public GradientMethod {
 public:
  GradVac(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::sum),
        beta_(parameters.number("beta")),
        order_(parameters, deriveSeed(setting.seed, "gradvac")),
        targets_(MatrixXd::Zero(setting.tasks, setting.tasks)) {}

  nlohmann::json state() const override {
    auto state = order_.state();
    state["targets"] = vectorToJson(targets_.reshaped());
    return state;
  }
  void restore(const nlohmann::json& state) override {
    order_.restore(state);
    targets_.reshaped() = vectorFromJson(state.at("targets"));
  }

 private:
  VectorXd solve(const Rows& rows) override {
    const VectorXd norms = rows.gramian.diagonal().cwiseSqrt();
    const VectorXd inverse = norms.cwiseInverse();
    const MatrixXd cosines = inverse.asDiagonal() * rows.gramian * inverse.asDiagonal();
    VectorXd weights = VectorXd::Zero(norms.size());
    for (Index i = 0; i < norms.size(); ++i)
      weights += norms[i] * vaccinated(cosines, i, rows.tasks);
    return weights.cwiseProduct(inverse);
  }

  /// Row i after its visits, in rows of length 1.
  VectorXd vaccinated(const MatrixXd& cosines, Index i, const Tasks& tasks) {
    VectorXd part = VectorXd::Unit(cosines.rows(), i);
    VectorXd along = cosines.col(i);  // cosines * part
    for (const Index j : order_.next(cosines.rows())) {
      if (j == i) continue;
      const double length = std::sqrt(std::max(0.0, part.dot(along)));
      if (length <= kNothingLeft * part.cwiseAbs().sum()) break;
      double& target = targets_(tasks[static_cast<size_t>(i)], tasks[static_cast<size_t>(j)]);
      const double cosine = std::clamp(along[j] / length, -1.0, 1.0);
      if (cosine < target) {
        const double turn = length * (target * sineOf(cosine) - cosine * sineOf(target)) /
                            (sineOf(target) + kVaccineEpsilon);
        part[j] += turn;
        along += turn * cosines.col(j);
      }
      target = (1 - beta_) * target + beta_ * cosine;
    }
    return part;
  }

  double beta_;
  VisitOrder order_;
  MatrixXd targets_;  ///< φ̂ of the ordered pairs
};

}  // namespace

CatalogRow<Balancer, const Setting&> gradVacRow() {
  Descriptor descriptor;
  descriptor.id = "gradvac";
  descriptor.title = "GradVac";
  descriptor.summary = "Turns gradients towards each other until they are as alike as on average.";
  descriptor.formula =
      "where φ_ij < φ̂_ij: g_i ← g_i + ‖g_i‖(φ̂√(1−φ²) − φ√(1−φ̂²))/(‖g_j‖√(1−φ̂²)) g_j;  "
      "φ̂ ← (1−β)φ̂ + βφ";
  descriptor.citation =
      "Wang et al., Gradient Vaccine, ICLR 2021; φ̂ moves at every visit, β as in the paper (codes: "
      "0.5)";
  descriptor.parameters = withGradientCommon(
      {VisitOrder::parameter(),
       ParameterSpec::number("beta", 0.01, "How fast the aims follow the cosines").from(0).to(1)},
      Scale::sum);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "sum"}, {"random", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<GradVac>(parameters, setting);
          }};
}

}  // namespace eq::balance
