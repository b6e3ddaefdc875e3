#include "core/balance/weighting/gls.h"

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class Gls : public MaskedBalancer {
 public:
  Gls(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own) {}

  Needs needs() const override { return {.losses = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    // By way of logarithms: the product of many losses leaves the doubles.
    const VectorXd logs = pick(inputs.losses, tasks).array().log();
    return (logs.mean() - logs.array()).exp() / static_cast<double>(logs.size());
  }

  LossRefusal refusal_{LossRefusal::Least::aboveZero, "the formula divides by it"};
};

}  // namespace

CatalogRow<Balancer, const Setting&> glsRow() {
  Descriptor descriptor;
  descriptor.id = "gls";
  descriptor.title = "Geometric loss (GLS)";
  descriptor.summary = "The geometric mean of the losses in place of their sum.";
  descriptor.formula = "min (Π_k L_k)^{1/K},  w_k = (Π_j L_j)^{1/K}/(K L_k)";
  descriptor.citation =
      "Chennupati et al., MultiNet++: Multi-Stream Feature Aggregation and Geometric Loss "
      "Strategy, "
      "CVPR Workshops 2019";
  descriptor.parameters = withCommon({}, Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Gls>(parameters, setting);
          }};
}

}  // namespace eq::balance
