#include "core/balance/rows/db_mtl.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "core/balance/loss_refusal.h"
#include "core/balance/row_method.h"
#include "core/balance/rows/kept_rows.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class DbMtl : public RowMethod {
 public:
  DbMtl(const Parameters& parameters, const Setting& setting)
      : RowMethod(parameters, setting, Scale::sum),
        beta_(parameters.number("beta")),
        sigma_(parameters.number("beta_sigma")),
        epsilon_(parameters.number("epsilon")),
        means_(setting.tasks) {}

  Needs needs() const override { return RowMethod::needs() | Needs{.losses = true}; }

  /// NaN where a loss has no logarithm: the step is refused.
  VectorXd headFactors(const VectorXd& losses, const std::vector<char>& present) override {
    std::vector<Index> tasks;
    for (Index k = 0; k < losses.size(); ++k)
      if (present[static_cast<size_t>(k)]) tasks.push_back(k);
    const VectorXd above = losses.array() + epsilon_;
    const bool refused = refusal_.refuses(above, tasks);
    VectorXd factors = VectorXd::Zero(losses.size());
    for (size_t i = 0; i < tasks.size(); ++i) {
      const auto place = static_cast<Index>(i);
      factors[tasks[i]] = refused ? refusal_.weights()[place] : 1 / above[tasks[i]];
    }
    return factors;
  }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

  nlohmann::json state() const override { return {{"steps", steps_}}; }
  void restore(const nlohmann::json& state) override {
    steps_ = state.at("steps").get<std::int64_t>();
  }
  std::map<std::string, at::Tensor> tensors() const override {
    if (!means_.all().defined()) return {};
    return {{"means", means_.all()}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    means_.restore(found(tensors, "means"));
  }

 private:
  at::Tensor combine(const Step& step) override {
    const double beta = beta_ / std::pow(static_cast<double>(++steps_), sigma_);
    const auto fresh = step.rows / (step.losses + epsilon_).unsqueeze(1);
    const auto means = means_.of(step.tasks, step.rows[0]) * beta + fresh * (1 - beta);
    means_.put(step.tasks, means, step.finite);
    const auto lengths = means.norm(2, 1);
    return lengths.amax() * (means / (lengths + epsilon_).unsqueeze(1)).sum(0);
  }

  double beta_, sigma_, epsilon_;
  KeptRows means_;  ///< ĝ
  LossRefusal refusal_{
      LossRefusal::Least::aboveZero,
      LossRefusal::Whole{
          "its loss is not above 0, but the formula takes its logarithm, so it has no "
          "weight; a loss that is always above 0 has one"}};
  std::int64_t steps_ = 0;
};

}  // namespace

CatalogRow<Balancer, const Setting&> dbMtlRow() {
  Descriptor descriptor;
  descriptor.id = "db_mtl";
  descriptor.title = "DB-MTL";
  descriptor.summary =
      "Gradients of the losses' logarithms, averaged over steps and all brought to the longest "
      "one's "
      "length; keeps a gradient a task.";
  descriptor.formula = "ĝ_k ← β ĝ_k + (1 − β) g_k/(L_k + ε);  d = max‖ĝ‖ Σ ĝ_k/(‖ĝ_k‖ + ε)";
  descriptor.citation =
      "Lin et al., Dual-Balancing for Multi-Task Learning, arXiv 2308.12029, 2023";
  descriptor.parameters = withRowCommon(
      {ParameterSpec::number("beta", 0.9, "Share of the former average").from(0).below(1),
       ParameterSpec::number("beta_sigma", 0, "β is divided by t to this power, t from 1").from(0),
       ParameterSpec::number("epsilon", 1e-8, "Added to losses and lengths").from(0)},
      Scale::sum);
  descriptor.inputs = {jacobianInput(), lossesInput()};
  descriptor.traits = {{"scale", "sum"}, {"direction_only", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<DbMtl>(parameters, setting);
          }};
}

}  // namespace eq::balance
