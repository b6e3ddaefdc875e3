#include "core/train/scheme/auto_lambda.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/small_net.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/second_batch.h"
#include "core/train/scheme/task_names.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class AutoLambda : public SecondBatch {
 public:
  AutoLambda(const Parameters& parameters, const SchemeSetting& setting)
      : SecondBatch(setting),
        lambda_(VectorXd::Constant(std::ssize(setting.tasks), parameters.number("init"))),
        adam_(parameters.number("lr"), lambda_.size()),
        primary_(tasksOrAll(parameters.at("primary"), setting, "primary")) {}

  void ahead(RunParts& parts, double rate) override {
    const auto batches = deal(parts);
    const at::NoGradGuard noGradients;
    const auto& active = parts.choice.tasks;
    auto judged = batches.second.active;
    for (size_t k = 0; k < judged.size(); ++k) judged[k] &= primary_[k];
    const VectorXd weights = factorsOf(parts, active).cwiseProduct(lambda_);
    const auto gradient = gradientOfSum(parts, batches.first, active, weights);
    at::Tensor v;
    {
      const Perturbed further(*parts.model, virtualStep(parts, gradient, rate));
      v = gradientOfSum(parts, batches.second, judged, factorsOf(parts, judged));
    }
    adam_.step(lambda_, slopesAlong(parts, batches.first, active, v, rate));
    lambda_ = lambda_.cwiseMax(0);
  }

  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs& inputs,
                                        const VectorXd& factors, const std::vector<char>& active,
                                        StepMeasurement& measurement) override {
    return parts.balancer->weigh(inputs, factors.cwiseProduct(lambda_), active,
                                 measurement.parts());
  }

  nlohmann::json state() const override {
    auto state = SecondBatch::state();
    state.update({{"lambda", balance::vectorToJson(lambda_)}, {"adam", adam_.state()}});
    return state;
  }
  void restore(const nlohmann::json& state) override {
    SecondBatch::restore(state);
    lambda_ = balance::vectorFromJson(state.at("lambda"));
    adam_.restore(state.at("adam"));
  }

 private:
  VectorXd lambda_;
  balance::VectorAdam adam_;
  std::vector<char> primary_;
};

}  // namespace

SchemeRow autoLambdaRow() {
  Descriptor descriptor;
  descriptor.id = "auto_lambda";
  descriptor.title = "Auto-Lambda";
  descriptor.summary =
      "Learns the tasks' weights from where a step with them leads: after a virtual step on the "
      "batch, the primary tasks' losses on a second batch say which tasks help. Weights multiply "
      "those of the loss weighting and do not fall below 0. The virtual step has the momentum and "
      "decay of SGD; of other optimizers the gradient alone.";
  descriptor.formula =
      "θ' = θ − η (Σ λ_k g_k + μ buf + wd θ); v = ∇Σ_primary L(θ'; second batch); ∂λ_k = −η (L_k(θ "
      "+ "
      "εv) − L_k(θ − εv))/(2ε), ε = 0.01/‖v‖; λ by Adam";
  descriptor.citation =
      "Liu et al., Auto-Lambda: Disentangling Dynamic Task Relationships, TMLR "
      "2022";
  descriptor.parameters = {
      ParameterSpec::number("init", 0.1, "λ at the beginning").from(0).to(1e6),
      ParameterSpec::number("lr", 1e-4, "Learning rate of λ").above(0).to(1e3),
      tasksOrAllParameter("primary", "Tasks whose losses count: \"all\", or a list of names")};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<AutoLambda>(parameters, setting);
          }};
}

}  // namespace eq::train
