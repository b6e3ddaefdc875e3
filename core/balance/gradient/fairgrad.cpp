#include "core/balance/gradient/fairgrad.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/kernels.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class FairGrad : public GradientMethod {
 public:
  FairGrad(const Parameters& parameters, const Setting& setting)
      : GradientMethod(parameters, setting, Scale::own),
        alpha_(parameters.number("alpha")),
        maxNorm_(parameters.number("max_norm")) {}

 private:
  VectorXd solve(const Rows& rows) override {
    const auto count = rows.gramian.rows();
    const VectorXd weights =
        alpha_ > 0 ? positiveFixedPoint(rows.gramian, alpha_).value_or(VectorXd::Zero(count))
                   : VectorXd::Constant(count, 1.0 / static_cast<double>(count));
    return shortened(rows.gramian, weights, maxNorm_);
  }

  double alpha_, maxNorm_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> fairGradRow() {
  Descriptor descriptor;
  descriptor.id = "fairgrad";
  descriptor.title = "FairGrad";
  descriptor.summary = "Shares the gains among the tasks with a fairness that can be chosen.";
  descriptor.formula = "G w = w^{−1/α},  w > 0";
  descriptor.citation = "Ban and Ji, Fair Resource Allocation in Multi-Task Learning, ICML 2024";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::number("alpha", 1, "Fairness α: 0 the mean, 1 Nash, large the worst task")
           .from(0),
       ParameterSpec::number("max_norm", 0, "Longest update ‖d‖; 0: no limit").from(0)},
      Scale::own, true);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<FairGrad>(parameters, setting);
          }};
}

}  // namespace eq::balance
