#include "core/balance/weighting/static_weights.h"

#include "core/balance/masked_balancer.h"

namespace eq::balance {
namespace {

class StaticWeights : public MaskedBalancer {
 public:
  StaticWeights(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        weights_(perTask(parameters, "weights", setting)) {}

  Needs needs() const override { return {}; }

 private:
  Eigen::VectorXd weighTasks(const Inputs&, const Tasks& tasks) override {
    return pick(weights_, tasks);
  }

  Eigen::VectorXd weights_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> staticRow() {
  Descriptor descriptor;
  descriptor.id = "static";
  descriptor.title = "Static weights";
  descriptor.summary = "A fixed weight a task.";
  descriptor.formula = "w_k given";
  descriptor.citation = "Baseline";
  descriptor.parameters = withCommon(
      {ParameterSpec::numberOrList("weights", 1, "One for all tasks, or a list of one a task")
           .from(0)},
      Scale::own, true);
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<StaticWeights>(parameters, setting);
          }};
}

}  // namespace eq::balance
