#include "core/balance/weighting/temperature_sampling.h"

#include <cmath>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class TemperatureSampling : public MaskedBalancer {
 public:
  TemperatureSampling(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        sizes_(perTask(parameters, "sizes", setting)),
        temperature_(parameters.number("temperature")) {
    if (!parameters.isNull("cap")) sizes_ = sizes_.cwiseMin(parameters.number("cap"));
  }

  Needs needs() const override { return {}; }

 private:
  VectorXd weighTasks(const Inputs&, const Tasks& tasks) override {
    return softmax(pick(sizes_, tasks).array().log() / temperature_);
  }

  VectorXd sizes_;
  double temperature_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> temperatureSamplingRow() {
  auto cap = ParameterSpec::number("cap", 0, "Size at which a task counts no more; null: none")
                 .above(0)
                 .orNull();
  cap.defaultValue = nullptr;
  Descriptor descriptor;
  descriptor.id = "temperature_sampling";
  descriptor.title = "Temperature sampling";
  descriptor.summary = "Weights by the tasks' sizes, made more equal by a temperature.";
  descriptor.formula = "w_k ∝ min(n_k, cap)^{1/T}";
  descriptor.citation =
      "Arivazhagan et al., Massively Multilingual Neural Machine Translation in the Wild, 2019; "
      "cap: "
      "Raffel et al., JMLR 2020";
  descriptor.parameters = withCommon(
      {ParameterSpec::numberList("sizes", nullptr, "Examples a task").above(0).needed(),
       ParameterSpec::number("temperature", 1, "T: 1 is proportional, large makes equal").from(1),
       cap},
      Scale::mean, true);
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<TemperatureSampling>(parameters, setting);
          }};
}

}  // namespace eq::balance
