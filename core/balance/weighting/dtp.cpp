#include "core/balance/weighting/dtp.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/balance/masked_balancer.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kLeastIndicator = 0.001;  ///< log 0 has no end

class Dtp : public MaskedBalancer {
 public:
  Dtp(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        focus_(perTask(parameters, "gamma", setting)),
        share_(parameters.number("discount")),
        means_(VectorXd::Constant(setting.tasks, std::numeric_limits<double>::quiet_NaN())) {}

  Needs needs() const override { return {.kpi = true}; }

  nlohmann::json state() const override {
    auto means = nlohmann::json::array();
    for (const double mean : means_)
      means.push_back(std::isnan(mean) ? nlohmann::json() : nlohmann::json(mean));
    return {{"means", means}};
  }
  void restore(const nlohmann::json& state) override {
    for (Index k = 0; k < means_.size(); ++k) {
      const auto& mean = state.at("means").at(static_cast<size_t>(k));
      means_[k] = mean.is_null() ? std::numeric_limits<double>::quiet_NaN() : mean.get<double>();
    }
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    VectorXd weights(std::ssize(tasks));
    for (Index i = 0; i < weights.size(); ++i) {
      const Index k = tasks[static_cast<size_t>(i)];
      const double now = inputs.kpi[k];
      if (!std::isnan(now))
        means_[k] = std::isnan(means_[k]) ? now : share_ * now + (1 - share_) * means_[k];
      weights[i] = std::isnan(means_[k]) ? 1 : weightOf(means_[k], focus_[k]);
    }
    return weights;
  }

  static double weightOf(double mean, double focus) {
    const double held = std::clamp(mean, kLeastIndicator, 1.0);
    return -std::pow(1 - held, focus) * std::log(held) + 0.0;  // no -0
  }

  VectorXd focus_;
  double share_;
  VectorXd means_;  ///< κ̄; NaN until there was a value
};

}  // namespace

CatalogRow<Balancer, const Setting&> dtpRow() {
  Descriptor descriptor;
  descriptor.id = "dtp";
  descriptor.title = "Dynamic task prioritization (DTP)";
  descriptor.summary =
      "Tasks whose metric is still bad get more weight; it is the first one of a task that goes "
      "from "
      "0 to 1 and should be high, at the last evaluation.";
  descriptor.formula = "w_k = −(1 − κ̄_k)^γ log κ̄_k";
  descriptor.citation = "Guo et al., Dynamic Task Prioritization for Multitask Learning, ECCV 2018";
  descriptor.parameters = withCommon(
      {ParameterSpec::numberOrList("gamma", 1, "How much tasks that do well are passed over")
           .from(0),
       ParameterSpec::number("discount", 1, "Share of the new value in the moving average")
           .from(0)
           .to(1)},
      Scale::own, true);
  descriptor.inputs = {kpiInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Dtp>(parameters, setting);
          }};
}

}  // namespace eq::balance
