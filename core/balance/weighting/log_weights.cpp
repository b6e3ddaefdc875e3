#include "core/balance/weighting/log_weights.h"

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class LogWeights : public MaskedBalancer {
 public:
  LogWeights(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        weights_(perTask(parameters, "weights", setting)),
        epsilon_(parameters.number("epsilon")),
        refusal_(epsilon_ > 0 ? LossRefusal::Least::zero : LossRefusal::Least::aboveZero,
                 "the formula takes its logarithm") {}

  Needs needs() const override { return {.losses = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    return pick(weights_, tasks).array() / (pick(inputs.losses, tasks).array() + epsilon_);
  }

  VectorXd weights_;
  double epsilon_;
  LossRefusal refusal_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> logRow() {
  Descriptor descriptor;
  descriptor.id = "log";
  descriptor.title = "Log losses (scale-invariant)";
  descriptor.summary = "The sum of the losses' logarithms, which does not feel their units.";
  descriptor.formula = "min Σ_k w_k ln(L_k + ε),  effective w_k/(L_k + ε)";
  descriptor.citation =
      "Baseline of Navon et al. 2022; ε as in Lin et al., Dual-Balancing for Multi-Task Learning, "
      "2023 (other codes: none, or log(1 + L))";
  descriptor.parameters = withCommon(
      {ParameterSpec::numberOrList("weights", 1, "One for all tasks, or a list of one a task")
           .from(0),
       ParameterSpec::number("epsilon", 1e-8, "Added to a loss before its logarithm is taken")
           .from(0)},
      Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<LogWeights>(parameters, setting);
          }};
}

}  // namespace eq::balance
