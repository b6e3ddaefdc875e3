#include "core/balance/weighting/lbtw.h"

#include <algorithm>
#include <cmath>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class Lbtw : public MaskedBalancer {
 public:
  Lbtw(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        alpha_(parameters.number("alpha")),
        low_(parameters.number("clip_low")),
        high_(parameters.number("clip_high")),
        first_(VectorXd::Zero(setting.tasks)),
        epochs_(static_cast<size_t>(setting.tasks), -1) {
    if (low_ > high_)
      fail("{}.clip_low: {} is above clip_high, which is {}", setting.path, low_, high_);
  }

  Needs needs() const override { return {.losses = true, .epoch = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

  nlohmann::json state() const override {
    return {{"first", vectorToJson(first_)}, {"epochs", epochs_}};
  }
  void restore(const nlohmann::json& state) override {
    first_ = vectorFromJson(state.at("first"));
    epochs_ = state.at("epochs").get<std::vector<std::int64_t>>();
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    VectorXd weights(std::ssize(tasks));
    for (size_t i = 0; i < tasks.size(); ++i) {
      const Index k = tasks[i];
      const double loss = inputs.losses[k];
      if (auto& epoch = epochs_[static_cast<size_t>(k)]; epoch != inputs.epoch)
        epoch = inputs.epoch, first_[k] = loss;
      const double ratio = loss == first_[k] ? 1 : loss / first_[k];
      weights[static_cast<Index>(i)] = std::clamp(std::pow(ratio, alpha_), low_, high_);
    }
    return weights;
  }

  double alpha_, low_, high_;
  VectorXd first_;
  std::vector<std::int64_t> epochs_;  ///< that `first_` is of; -1: none
  LossRefusal refusal_{LossRefusal::Least::zero, "the formula takes a root of it"};
};

}  // namespace

CatalogRow<Balancer, const Setting&> lbtwRow() {
  Descriptor descriptor;
  descriptor.id = "lbtw";
  descriptor.title = "Loss-balanced weighting (LBTW)";
  descriptor.summary = "Tasks whose loss fell little since the epoch began get more weight.";
  descriptor.formula = "w_k = clip((L_k/L_k(0))^α, low, high)";
  descriptor.citation =
      "Liu, Liang, Gitter, Loss-Balanced Task Weighting to Reduce Negative Transfer in Multi-Task "
      "Learning, AAAI 2019; bounds as in Aoki et al. 2021, but used in the same step";
  descriptor.parameters =
      withCommon({ParameterSpec::number("alpha", 0.5, "Power of the ratio of losses"),
                  ParameterSpec::number("clip_low", 0.5, "Least weight").from(0),
                  ParameterSpec::number("clip_high", 1.5, "Largest weight").from(0)},
                 Scale::own, true);
  descriptor.inputs = {lossesInput(), epochInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Lbtw>(parameters, setting);
          }};
}

}  // namespace eq::balance
