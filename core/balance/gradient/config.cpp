#include "core/balance/gradient/config.h"

#include <cmath>

#include "core/balance/gradient/gradient_method.h"
#include "core/base/gramian.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

constexpr double kNoCommonWay = 1e-12;  ///< of ‖x‖², in units of p·p

class ConFig : public GradientMethod {
 public:
  ConFig(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::sum),
        preference_(parameters, setting, Preference::Default::one) {}

 private:
  VectorXd solve(const Rows& rows) override {
    const VectorXd norms = rows.gramian.diagonal().cwiseSqrt();
    const VectorXd inverse = norms.cwiseInverse();
    const Eigen::MatrixXd cosines = inverse.asDiagonal() * rows.gramian * inverse.asDiagonal();
    const VectorXd preference = preference_.of(rows.tasks, rows.preference);
    const VectorXd mixture = pseudoSolve(cosines, preference, rows.rounding);
    const VectorXd along = cosines * mixture;
    const double square = mixture.dot(along);
    if (!(square > kNoCommonWay * preference.squaredNorm())) return VectorXd::Zero(norms.size());
    return norms.dot(along) / square * mixture.cwiseProduct(inverse);
  }

  Preference preference_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> configRow() {
  Descriptor descriptor;
  descriptor.id = "config";
  descriptor.title = "ConFIG";
  descriptor.summary = "The direction whose cosines with all gradients are as preferred: equal.";
  descriptor.formula = "d = (Σ_k g_k·x̂) x̂,  x = U⁺p,  U: unit rows";
  descriptor.citation =
      "Liu, Chu, Thuerey, ConFIG: Towards Conflict-free Training of Physics Informed Neural "
      "Networks, "
      "ICLR 2025; pseudo-inverse (its code: least squares)";
  descriptor.parameters = withGradientCommon({preferenceSpec("1 each")}, Scale::sum);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "sum"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<ConFig>(parameters, setting);
          }};
}

}  // namespace eq::balance
