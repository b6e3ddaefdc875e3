#include "core/balance/gradient/sdmgrad.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/kernels.h"
#include "core/balance/gradient/simplex_program.h"

namespace eq::balance {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLeastSquare = 1e-8;

class SdmGrad : public MaskedBalancer {
 public:
  SdmGrad(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        pull_(parameters.number("lambda")),
        preference_(parameters, setting),
        projected_(parameters.text("solver") == "projected"),
        rounds_(parameters.integer("niter")),
        rate_(parameters.number("lr")),
        momentum_(parameters.number("momentum")),
        shares_(VectorXd::Constant(setting.tasks, 1.0 / static_cast<double>(setting.tasks))) {}

  Needs needs() const override { return {.crossGramian = true}; }

  nlohmann::json state() const override { return {{"shares", vectorToJson(shares_)}}; }
  void restore(const nlohmann::json& state) override {
    shares_ = vectorFromJson(state.at("shares"));
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const MatrixXd given = inputs.crossGramian(tasks, tasks);
    const double scale = given.diagonal().cwiseMax(0).cwiseSqrt().mean();
    const MatrixXd products = given / (scale * scale + kLeastSquare);
    const VectorXd preference = preference_.of(tasks, inputs.preference);
    const VectorXd shares =
        projected_ ? stepped(products, preference, projectOntoSimplex(pick(shares_, tasks)))
                   : leastOnSimplex((products + products.transpose()) / 2,
                                    pull_ * (products * preference));
    put(shares_, tasks, shares);
    return (shares + pull_ * preference) / (1 + pull_);
  }

  VectorXd stepped(const MatrixXd& products, const VectorXd& preference, VectorXd shares) const {
    VectorXd velocity = VectorXd::Zero(shares.size());
    for (std::int64_t i = 0; i < rounds_; ++i) {
      velocity = momentum_ * velocity + products * (shares + pull_ * preference);
      shares = projectOntoSimplex(shares - rate_ * velocity);
    }
    return shares;
  }

  double pull_;
  Preference preference_;
  bool projected_;
  std::int64_t rounds_;
  double rate_, momentum_;
  VectorXd shares_;  ///< w
};

std::vector<ParameterSpec> sdmgradParameters() {
  return {
      ParameterSpec::number("lambda", 0.3, "Pull of the preferred direction").from(0),
      preferenceSpec(),
      ParameterSpec::choice("solver", "exact", {"exact", "projected"},
                            "The exact minimum, or so many projected steps as the authors take"),
      ParameterSpec::integer("niter", 20, "Projected steps").from(1),
      ParameterSpec::number("lr", 10, "Rate of the projected steps").above(0),
      ParameterSpec::number("momentum", 0.5, "Momentum of the projected steps").from(0).below(1)};
}

}  // namespace

CatalogRow<Balancer, const Setting&> sdmgradRow() {
  Descriptor descriptor;
  descriptor.id = "sdmgrad";
  descriptor.title = "SDMGrad";
  descriptor.summary =
      "The shortest combination near a preferred direction, from products of two independent "
      "batches; "
      "updates by a third, and costs three batches a step.";
  descriptor.formula = "w = argmin_Δ wᵀSw/2 + λ wᵀAp,  A = J₁J₂ᵀ/scale²;  d = J₃ᵀ(w + λp)/(1 + λ)";
  descriptor.citation = "Xiao, Ban, Ji, Direction-oriented Multi-objective Learning, NeurIPS 2023";
  descriptor.parameters = withGradientCommon(sdmgradParameters(), Scale::mean);
  descriptor.inputs = {jacobianInput(), secondJacobianInput(), thirdJacobianInput()};
  descriptor.traits = {{"scale", "mean"}, {"batches", 3}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<SdmGrad>(parameters, setting);
          }};
}

}  // namespace eq::balance
