#include "core/balance/weighting/tchebycheff.h"

#include "core/balance/preference.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class Tchebycheff : public MaskedBalancer {
 public:
  Tchebycheff(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        preference_(parameters, setting),
        ideal_(perTask(parameters, "ideal", setting)),
        rho_(parameters.number("rho")) {}

  Needs needs() const override { return {.losses = true}; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd preference = preference_.of(tasks, inputs.preference);
    Eigen::Index worst = 0;
    preference.cwiseProduct(pick(inputs.losses, tasks) - pick(ideal_, tasks)).maxCoeff(&worst);
    VectorXd weights = rho_ * preference;
    weights[worst] += preference[worst];
    return weights;
  }

  Preference preference_;
  VectorXd ideal_;
  double rho_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> tchebycheffRow() {
  Descriptor descriptor;
  descriptor.id = "tchebycheff";
  descriptor.title = "Tchebycheff";
  descriptor.summary = "Trains the task whose weighted loss is the worst; reaches concave fronts.";
  descriptor.formula = "min max_k p_k (L_k − z_k) + ρ Σ_k p_k (L_k − z_k)";
  descriptor.citation =
      "Bowman 1976; augmented: Steuer and Choo 1983. At a tie the first task is taken";
  descriptor.parameters =
      withCommon({preferenceSpec(), idealSpec(),
                  ParameterSpec::number("rho", 0, "Share of the sum of all tasks").from(0)},
                 Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Tchebycheff>(parameters, setting);
          }};
}

}  // namespace eq::balance
