#include "core/balance/rows/moco.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>

#include "core/balance/row_method.h"
#include "core/balance/rows/kept_rows.h"

namespace eq::balance {
namespace {

constexpr double kLeastLength = 1e-8;

/// Π onto the simplex, where the numbers are; see `projectOntoSimplex`.
at::Tensor onSimplex(const at::Tensor& v) {
  const auto sorted = std::get<0>(v.sort(0, /*descending=*/true));
  const auto excess = sorted.cumsum(0) - 1;
  const auto ranks = at::arange(1, v.size(0) + 1, v.options());
  // Of numbers that are not finite none supports; what comes of them is not kept.
  const auto support = (sorted * ranks > excess).sum(0, true).clamp_min(1);
  const auto shift = excess.gather(0, support - 1) / support;
  return (v - shift).clamp_min(0);
}

class Moco : public RowMethod {
 public:
  Moco(const Parameters& parameters, const Setting& setting)
      : RowMethod(parameters, setting, Scale::mean),
        beta_(parameters.number("beta")),
        betaSigma_(parameters.number("beta_sigma")),
        gamma_(parameters.number("gamma")),
        gammaSigma_(parameters.number("gamma_sigma")),
        rho_(parameters.number("rho")),
        softmax_(parameters.text("lambda_update") == "softmax"),
        byLoss_(parameters.text("row_scale") == "loss"),
        tracked_(setting.tasks),
        weights_(setting.tasks) {}

  Needs needs() const override { return RowMethod::needs() | Needs{.losses = byLoss_}; }

  nlohmann::json state() const override { return {{"steps", steps_}}; }
  void restore(const nlohmann::json& state) override {
    steps_ = state.at("steps").get<std::int64_t>();
  }
  std::map<std::string, at::Tensor> tensors() const override {
    if (!tracked_.all().defined()) return {};
    return {{"tracked", tracked_.all()}, {"weights", weights_.all()}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    tracked_.restore(found(tensors, "tracked"));
    weights_.restore(found(tensors, "weights"));
  }

 private:
  at::Tensor combine(const Step& step) override {
    const auto t = static_cast<double>(++steps_);
    const auto former = tracked_.of(step.tasks, step.rows[0]);
    const auto tracked = former + (scaled(step) - former) * (beta_ / std::pow(t, betaSigma_));
    const auto weights = weightsOf(step, tracked, gamma_ / std::pow(t, gammaSigma_));
    tracked_.put(step.tasks, tracked, step.finite);
    weights_.put(step.tasks, weights, step.finite);
    return weights.to(tracked.scalar_type()).unsqueeze(0).mm(tracked).squeeze(0);
  }

  at::Tensor scaled(const Step& step) const {
    if (!byLoss_) return step.rows;
    const auto lengths = step.rows.norm(2, 1) + kLeastLength;
    return step.rows * (step.losses.abs() / lengths).unsqueeze(1);
  }

  at::Tensor weightsOf(const Step& step, const at::Tensor& tracked, double rate) {
    const auto gramian = tracked.mm(tracked.t()).to(at::kDouble);
    if (!weights_.all().defined())
      weights_.restore(at::ones({taskCount()}, gramian.options()) / taskCount());
    // Of the tasks that are there, as if there were no other.
    const auto former = onSimplex(weights_.of(step.tasks, gramian[0][0]));
    const auto moved = former - rate * (gramian.mv(former) + rho_ * former);
    return softmax_ ? moved.softmax(0) : onSimplex(moved);
  }

  double beta_, betaSigma_, gamma_, gammaSigma_, rho_;
  bool softmax_, byLoss_;
  KeptRows tracked_;  ///< Y
  KeptRows weights_;  ///< λ, in double
  std::int64_t steps_ = 0;
};

std::vector<ParameterSpec> mocoParameters() {
  return {ParameterSpec::number("beta", 0.5, "How far Y follows the gradients").from(0),
          ParameterSpec::number("beta_sigma", 0.5, "β is divided by t to this power").from(0),
          ParameterSpec::number("gamma", 0.1, "Step of the weights λ").from(0),
          ParameterSpec::number("gamma_sigma", 0.5, "γ is divided by t to this power").from(0),
          ParameterSpec::number("rho", 0, "Pulls λ towards equal weights").from(0),
          ParameterSpec::choice("lambda_update", "projection", {"projection", "softmax"},
                                "How λ stays on the simplex: the paper's way, or that of released "
                                "code"),
          ParameterSpec::choice("row_scale", "loss", {"loss", "none"},
                                "Gradients at the length of the loss, or as they are")};
}

}  // namespace

CatalogRow<Balancer, const Setting&> mocoRow() {
  Descriptor descriptor;
  descriptor.id = "moco";
  descriptor.title = "MoCo";
  descriptor.summary =
      "The shortest combination of gradients that are tracked over steps, against the bias of "
      "small "
      "batches; keeps a gradient a task.";
  descriptor.formula = "Y ← Y − β(Y − ĝ);  λ ← Π_Δ(λ − γ(YYᵀ + ρI)λ);  d = Yᵀλ";
  descriptor.citation =
      "Fernando et al., Mitigating Gradient Bias in Multi-objective Learning, ICLR 2023";
  descriptor.parameters = withRowCommon(mocoParameters(), Scale::mean);
  descriptor.inputs = {jacobianInput(), lossesInput()};
  descriptor.traits = {{"scale", "mean"}, {"direction_only", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Moco>(parameters, setting);
          }};
}

}  // namespace eq::balance
