#include "core/balance/weighting/pbi.h"

#include "core/balance/preference.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

/// A distance from the ray below this share of the losses is rounding.
constexpr double kOnRay = 1e-14;

class Pbi : public MaskedBalancer {
 public:
  Pbi(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        preference_(parameters, setting),
        ideal_(perTask(parameters, "ideal", setting)),
        theta_(parameters.number("theta")) {}

  Needs needs() const override { return {.losses = true}; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd ray = preference_.of(tasks, inputs.preference).stableNormalized();
    const VectorXd losses = pick(inputs.losses, tasks) - pick(ideal_, tasks);
    const VectorXd away = losses - losses.dot(ray) * ray;
    const double distance = away.stableNorm();
    if (distance <= kOnRay * losses.stableNorm()) return ray;
    return ray + theta_ / distance * away;
  }

  Preference preference_;
  VectorXd ideal_;
  double theta_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> pbiRow() {
  Descriptor descriptor;
  descriptor.id = "pbi";
  descriptor.title = "Boundary intersection (PBI)";
  descriptor.summary =
      "Lowers the losses along a preference's ray and pulls them onto it; a task ahead of the ray "
      "gets a negative weight.";
  descriptor.formula = "min d₁ + θ d₂,  d₁ = (L − z)·p/‖p‖,  d₂ = ‖L − z − d₁ p/‖p‖‖";
  descriptor.citation =
      "Zhang and Li, MOEA/D: A Multiobjective Evolutionary Algorithm Based on Decomposition, 2007";
  descriptor.parameters = withCommon(
      {ParameterSpec::number("theta", 5, "How strongly the losses are held on the ray").from(0),
       preferenceSpec(), idealSpec()},
      Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Pbi>(parameters, setting);
          }};
}

}  // namespace eq::balance
