#include "core/balance/gradient/modo.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/kernels.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class MoDo : public MaskedBalancer {
 public:
  MoDo(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        gamma_(parameters.number("gamma")),
        rho_(parameters.number("rho")),
        shares_(VectorXd::Constant(setting.tasks, 1.0 / static_cast<double>(setting.tasks))) {}

  Needs needs() const override { return {.crossGramian = true}; }

  nlohmann::json state() const override { return {{"shares", vectorToJson(shares_)}}; }
  void restore(const nlohmann::json& state) override {
    shares_ = vectorFromJson(state.at("shares"));
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    // Shares of the tasks that are there, as if there were no other.
    const VectorXd former = projectOntoSimplex(pick(shares_, tasks));
    const VectorXd slope = inputs.crossGramian(tasks, tasks) * former + rho_ * former;
    const VectorXd shares = projectOntoSimplex(former - gamma_ * slope);
    put(shares_, tasks, shares);
    return shares;
  }

  double gamma_, rho_;
  VectorXd shares_;  ///< λ
};

}  // namespace

CatalogRow<Balancer, const Setting&> modoRow() {
  Descriptor descriptor;
  descriptor.id = "modo";
  descriptor.title = "MoDo";
  descriptor.summary =
      "Learns weights towards the shortest combination from products of two independent batches, "
      "and "
      "updates by a third; costs three batches a step.";
  descriptor.formula = "λ ← Π_Δ(λ − γ(J₁J₂ᵀλ + ρλ));  d = J₃ᵀλ";
  descriptor.citation =
      "Chen et al., Three-Way Trade-Off in Multi-Objective Learning, NeurIPS 2023";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::number("gamma", 0.001, "Step of the weights").from(0),
       ParameterSpec::number("rho", 0.1, "Pulls the weights towards equal ones").from(0)},
      Scale::mean);
  descriptor.inputs = {jacobianInput(), secondJacobianInput(), thirdJacobianInput()};
  descriptor.traits = {{"scale", "mean"}, {"batches", 3}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<MoDo>(parameters, setting);
          }};
}

}  // namespace eq::balance
