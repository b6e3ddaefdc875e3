#include "core/balance/weighting/uw_so.h"

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

/// Of 1/L, so that sums of them stay finite.
constexpr double kLargestInverse = 1e300;

class UwSo : public MaskedBalancer {
 public:
  UwSo(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        inverse_(parameters.text("form") == "inverse"),
        temperature_(parameters.number("temperature")) {}

  Needs needs() const override { return {.losses = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    const VectorXd losses = pick(inputs.losses, tasks) * (inverse_ ? 1 : temperature_);
    const VectorXd inverses = losses.cwiseInverse().cwiseMin(kLargestInverse);
    return inverse_ ? VectorXd(inverses / inverses.sum()) : softmax(inverses);
  }

  bool inverse_;
  double temperature_;
  LossRefusal refusal_{LossRefusal::Least::zero,
                       "a weight that falls with the loss is not made for it"};
};

}  // namespace

CatalogRow<Balancer, const Setting&> uwSoRow() {
  Descriptor descriptor;
  descriptor.id = "uw_so";
  descriptor.title = "Soft optimal uncertainty (UW-SO)";
  descriptor.summary = "Uncertainty weighting at its optimum: nothing is learned.";
  descriptor.formula = "w = softmax(1/(T L)),  or w_k ∝ 1/L_k";
  descriptor.citation =
      "Kirchdorfer et al., Analytical Uncertainty-Based Loss Weighting in Multi-Task Learning, "
      "2024";
  descriptor.parameters = withCommon(
      {ParameterSpec::choice("form", "softmax", {"softmax", "inverse"},
                             "Softmax of 1/(T L), or 1/L over its sum (UW-O)"),
       ParameterSpec::number("temperature", 1, "T of the softmax: large makes the weights equal")
           .above(0)},
      Scale::mean, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<UwSo>(parameters, setting);
          }};
}

}  // namespace eq::balance
