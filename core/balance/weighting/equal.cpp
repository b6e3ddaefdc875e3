#include "core/balance/weighting/equal.h"

#include "core/balance/masked_balancer.h"

namespace eq::balance {
namespace {

class Equal : public MaskedBalancer {
 public:
  Equal(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::sum) {}

  Needs needs() const override { return {}; }

 private:
  Eigen::VectorXd weighTasks(const Inputs&, const Tasks& tasks) override {
    return Eigen::VectorXd::Ones(std::ssize(tasks));
  }
};

}  // namespace

CatalogRow<Balancer, const Setting&> equalRow() {
  Descriptor descriptor;
  descriptor.id = "equal";
  descriptor.title = "Equal weights";
  descriptor.summary = "The plain sum of the losses.";
  descriptor.formula = "w_k = 1";
  descriptor.citation =
      "Baseline; Kurin et al., In Defense of the Unitary Scalarization for Deep Multi-Task "
      "Learning, NeurIPS 2022";
  descriptor.parameters = withCommon({}, Scale::sum, true);
  descriptor.traits = {{"scale", "sum"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Equal>(parameters, setting);
          }};
}

}  // namespace eq::balance
