#include "core/balance/weighting/gradnorm.h"

#include <cmath>
#include <limits>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/loss_support.h"
#include "core/balance/weighting/scalar_optimizer.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kLeastWeight = 1e-6;
constexpr double kAboveZero = 1e-100;  ///< a weight of 0 could not grow again

double sign(double value) {
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}

class GradNorm : public MaskedBalancer {
 public:
  GradNorm(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::sum),
        additive_(parameters.text("update") == "additive"),
        last_(parameters.text("norms") == "last"),
        rate_(parameters.number("lr")),
        alpha_(parameters.number("alpha")),
        weights_(VectorXd::Ones(setting.tasks)),
        firstLosses_(VectorXd::Constant(setting.tasks, std::nan(""))),
        optimizer_(parameters, setting.tasks) {
    if (!parameters.isNull("initial_losses"))
      firstLosses_ = perTask(parameters, "initial_losses", setting);
  }

  Needs needs() const override {
    return {.losses = true, .rowNorms = !last_, .lastRowNorms = last_};
  }

  nlohmann::json state() const override {
    return {{"weights", vectorToJson(weights_)},
            {"measured", measured()},
            {"initial_losses", vectorToJson(firstLosses_.array().isNaN().select(0, firstLosses_))},
            {"optimizer", optimizer_.state()}};
  }
  void restore(const nlohmann::json& state) override {
    weights_ = vectorFromJson(state.at("weights"));
    firstLosses_ = vectorFromJson(state.at("initial_losses"));
    const auto known = state.at("measured").get<std::vector<int>>();
    for (size_t k = 0; k < known.size(); ++k)
      if (!known[k]) firstLosses_[static_cast<Index>(k)] = std::nan("");
    optimizer_.restore(state.at("optimizer"));
  }

  std::vector<Remark> remarks() const override { return remarks_; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    remarks_.clear();
    for (const Index k : tasks)
      if (std::isnan(firstLosses_[k])) firstLosses_[k] = inputs.losses[k];
    const VectorXd before = pick(weights_, tasks);
    const VectorXd moved = additive_ ? added(inputs, tasks, before) : turned(inputs, tasks, before);
    put(weights_, tasks, before.sum() / moved.sum() * moved);
    return before;
  }

  /// The paper's step on w, which leaves 0 alone. Its length is that of the gradients.
  VectorXd added(const Inputs& inputs, const Tasks& tasks, const VectorXd& weights) {
    const VectorXd norms = pick(normsOf(inputs), tasks);
    optimizer_.step(weights_, tasks, signs(inputs, tasks, weights).cwiseProduct(norms));
    for (const Index k : tasks)
      if (weights_[k] <= kLeastWeight)
        remarks_.push_back({k, "its weight is at the bound 1e-06 of what it can learn"});
    return pick(weights_, tasks).cwiseMax(kLeastWeight);
  }

  /// A step on log w, in units of the mean gradient: the slope of |w n - τ| in it is sign times w
  /// n.
  VectorXd turned(const Inputs& inputs, const Tasks& tasks, const VectorXd& weights) {
    const VectorXd weighted = weights.cwiseProduct(pick(normsOf(inputs), tasks));
    const double mean = weighted.mean();
    if (!(mean > 0)) return weights;
    const VectorXd slopes = signs(inputs, tasks, weights).cwiseProduct(weighted / mean);
    const VectorXd moved = softmax(weights.array().log() - rate_ * slopes.array());
    return moved.cwiseMax(kAboveZero);
  }

  /// Of w n - τ, for each task.
  VectorXd signs(const Inputs& inputs, const Tasks& tasks, const VectorXd& weights) {
    const VectorXd weighted = weights.cwiseProduct(pick(normsOf(inputs), tasks));
    const VectorXd targets = weighted.mean() * rates(inputs, tasks).array().pow(alpha_);
    return (weighted - targets).unaryExpr(&sign);
  }

  /// L_k/L_k(0) over its mean; 1 for a task whose loss is or began negative, or began at 0: between
  /// such losses a ratio does not say which one is better.
  VectorXd rates(const Inputs& inputs, const Tasks& tasks) {
    VectorXd ratios(std::ssize(tasks));
    for (Index i = 0; i < ratios.size(); ++i) {
      const Index k = tasks[static_cast<size_t>(i)];
      const double first = firstLosses_[k], now = inputs.losses[k];
      const double ratio = now / first;
      ratios[i] = first > 0 && now >= 0 && std::isfinite(ratio) ? ratio : 1;
      if (first < 0 || now < 0)
        remarks_.push_back({k, "its loss is or began negative, so that its pace counts as 1"});
    }
    const double mean = ratios.mean();
    if (!(mean > 0)) return VectorXd::Ones(ratios.size());
    return (ratios / mean).cwiseMax(0);
  }

  const VectorXd& normsOf(const Inputs& inputs) const {
    return last_ ? inputs.lastRowNorms : inputs.rowNorms;
  }

  std::vector<int> measured() const {
    std::vector<int> known;
    for (const double loss : firstLosses_) known.push_back(!std::isnan(loss));
    return known;
  }

  bool additive_, last_;
  double rate_, alpha_;
  std::vector<Remark> remarks_;
  VectorXd weights_;
  VectorXd firstLosses_;  ///< NaN until the task was first seen
  ScalarOptimizer optimizer_;
};

std::vector<ParameterSpec> gradNormParameters() {
  std::vector<ParameterSpec> own = {
      ParameterSpec::choice(
          "update", "log", {"log", "additive"},
          "The step on log w, which settles at any ratio of gradient norms, or the "
          "paper's on w"),
      ParameterSpec::choice("norms", "trunk", {"trunk", "last"},
                            "Of the gradients in all shared layers, or in the last one that all "
                            "tasks share as the paper"),
      ParameterSpec::number("alpha", 1.5, "How strongly slow tasks are pulled along").from(0),
      ParameterSpec::numberList("initial_losses", nullptr,
                                "L(0), one a task; null: the losses of the first step")
          .from(0)
          .orNull()};
  for (auto& spec : ScalarOptimizer::parameters("sgd", 0.025)) own.push_back(std::move(spec));
  return own;
}

}  // namespace

CatalogRow<Balancer, const Setting&> gradNormRow() {
  Descriptor descriptor;
  descriptor.id = "gradnorm";
  descriptor.title = "GradNorm";
  descriptor.summary = "Learns weights that bring the tasks to a common pace of training.";
  descriptor.formula = "min_w Σ_k |w_k n_k − n̄ r_k^α|,  n_k = ‖g_k‖, Σ w = K";
  descriptor.citation =
      "Chen et al., GradNorm, ICML 2018; by default steps on log w, with the norms in all shared "
      "layers";
  descriptor.parameters = withCommon(gradNormParameters(), Scale::sum, true);
  descriptor.inputs = {lossesInput(), jacobianInput()};
  descriptor.traits = {{"scale", "sum"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<GradNorm>(parameters, setting);
          }};
}

}  // namespace eq::balance
