#include "core/balance/weighting/famo.h"

#include <cmath>

#include "core/balance/loss_refusal.h"
#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/scalar_optimizer.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kAboveBound = 1e-8;  ///< ε of D

VectorXd sharesOf(const VectorXd& logits) {
  const VectorXd powers = (logits.array() - logits.maxCoeff()).exp();
  return powers / powers.sum();
}

class Famo : public MaskedBalancer {
 public:
  Famo(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        decay_(parameters.number("gamma")),
        bounds_(perTask(parameters, "min_losses", setting)),
        logits_(VectorXd::Zero(setting.tasks)),
        optimizer_(parameters, setting.tasks) {}

  Needs needs() const override { return {.losses = true, .lossesAfter = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

  nlohmann::json state() const override {
    return {{"logits", vectorToJson(logits_)},
            {"optimizer", optimizer_.state()},
            {"tasks", tasks_},
            {"distances", vectorToJson(distances_)}};
  }
  void restore(const nlohmann::json& state) override {
    logits_ = vectorFromJson(state.at("logits"));
    optimizer_.restore(state.at("optimizer"));
    tasks_ = state.at("tasks").get<Tasks>();
    distances_ = vectorFromJson(state.at("distances"));
  }

  void learn(const VectorXd& lossesAfter) override {
    if (tasks_.empty()) return;
    const VectorXd after = distances(lossesAfter, tasks_);
    VectorXd gains(after.size());
    for (Index i = 0; i < gains.size(); ++i) {
      const bool known = std::isfinite(after[i]) && after[i] > 0;
      gains[i] = known ? std::log(distances_[i]) - std::log(after[i]) : 0;
    }
    const VectorXd logits = pick(logits_, tasks_), shares = sharesOf(logits);
    const VectorXd gradient =
        shares.cwiseProduct(VectorXd((gains.array() - shares.dot(gains)).matrix()));
    optimizer_.step(logits_, tasks_, gradient + decay_ * logits);
    tasks_.clear();
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd now = distances(inputs.losses, tasks);
    VectorXd above = VectorXd::Ones(inputs.losses.size());
    for (Index i = 0; i < now.size(); ++i) above[tasks[static_cast<size_t>(i)]] = now[i];
    if (refusal_.refuses(above, tasks)) {
      tasks_.clear();
      return refusal_.weights();
    }
    const VectorXd ratios = sharesOf(pick(logits_, tasks)).cwiseQuotient(now);
    tasks_ = tasks;
    distances_ = now;
    return ratios / ratios.sum();
  }

  VectorXd distances(const VectorXd& losses, const Tasks& tasks) const {
    return (pick(losses, tasks) - pick(bounds_, tasks)).array() + kAboveBound;
  }

  double decay_;
  VectorXd bounds_;
  VectorXd logits_;
  ScalarOptimizer optimizer_;
  LossRefusal refusal_{
      LossRefusal::Least::aboveZero,
      LossRefusal::Whole{
          "its loss is not above its min_losses, but the formula takes the logarithm of what it is "
          "above them, so it has no weight; min_losses that no loss goes below, or another "
          "weighting, give one"}};
  // Of the newest step, until it is learned from.
  Tasks tasks_;
  VectorXd distances_;  ///< of `tasks_`, before the update
};

std::vector<ParameterSpec> famoParameters() {
  std::vector<ParameterSpec> own = {
      ParameterSpec::number("gamma", 0.001, "Weight decay of the logits").from(0),
      ParameterSpec::numberOrList("min_losses", 0, "A bound below each loss")};
  for (auto& spec : ScalarOptimizer::parameters("adam", 0.025)) own.push_back(std::move(spec));
  return own;
}

}  // namespace

CatalogRow<Balancer, const Setting&> famoRow() {
  Descriptor descriptor;
  descriptor.id = "famo";
  descriptor.title = "FAMO";
  descriptor.summary =
      "Learns weights under which all losses fall at the same rate, from the losses after the "
      "step; "
      "costs one more forward pass.";
  descriptor.formula =
      "min c Σ z_k log D_k,  z = softmax(ξ), D = L − b + ε, c = 1/Σ(z/D);  ξ against z∘(δ − zᵀδ)";
  descriptor.citation = "Liu et al., FAMO: Fast Adaptive Multitask Optimization, NeurIPS 2023";
  descriptor.parameters = withCommon(famoParameters(), Scale::own, true);
  descriptor.inputs = {lossesInput(), lossesAfterInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Famo>(parameters, setting);
          }};
}

}  // namespace eq::balance
