#include "core/balance/rows/excess_mtl.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "core/balance/row_method.h"
#include "core/balance/rows/kept_rows.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kLeastSquare = 1e-7;

class ExcessMtl : public MaskedBalancer, public RowStatistic {
 public:
  ExcessMtl(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::sum),
        rate_(parameters.number("eta")),
        warmup_(std::max<std::int64_t>(1, parameters.integer("warmup_steps"))),
        logWeights_(VectorXd::Zero(setting.tasks)),
        first_(VectorXd::Zero(setting.tasks)),
        seen_(VectorXd::Zero(setting.tasks)),
        squares_(setting.tasks) {}

  Needs needs() const override { return {.rowNumbers = true}; }

  nlohmann::json state() const override {
    return {{"log_weights", vectorToJson(logWeights_)},
            {"first", vectorToJson(first_)},
            {"seen", vectorToJson(seen_)}};
  }
  void restore(const nlohmann::json& state) override {
    logWeights_ = vectorFromJson(state.at("log_weights"));
    first_ = vectorFromJson(state.at("first"));
    seen_ = vectorFromJson(state.at("seen"));
  }
  std::map<std::string, at::Tensor> tensors() const override {
    if (!squares_.all().defined()) return {};
    return {{"squares", squares_.all()}};
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    squares_.restore(found(tensors, "squares"));
  }

  at::Tensor measure(const at::Tensor& rows, const std::vector<char>&) override {
    Tasks all(static_cast<size_t>(rows.size(0)));
    for (size_t k = 0; k < all.size(); ++k) all[k] = static_cast<Index>(k);
    // The row of a task that is not there is 0 and adds nothing.
    const auto squares = rows * rows;
    next_ = squares_.of(all, rows[0]) + squares;
    return (squares / (next_ + kLeastSquare).sqrt()).sum(1, false, at::kDouble);
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    squares_.restore(next_);
    for (const Index k : tasks) {
      const double excess = inputs.rowNumbers[k];
      if (seen_[k] < static_cast<double>(warmup_))
        first_[k] += (excess - first_[k]) / (seen_[k] + 1);
      else
        logWeights_[k] += rate_ * excess / (first_[k] + kLeastSquare);
      seen_[k] += 1;
    }
    const VectorXd logs = pick(logWeights_, tasks);
    const VectorXd powers = (logs.array() - logs.maxCoeff()).exp();
    const VectorXd weights = static_cast<double>(tasks.size()) / powers.sum() * powers;
    // Held at the sum of the weights, so that they do not run away together.
    put(logWeights_, tasks, logs.array() + (std::log(weights.maxCoeff()) - logs.maxCoeff()));
    return weights;
  }

  double rate_;
  std::int64_t warmup_;
  VectorXd logWeights_;
  VectorXd first_;  ///< mean excess of the first steps
  VectorXd seen_;   ///< steps in which the task took part
  KeptRows squares_;
  at::Tensor next_;  ///< the squares with those of the newest rows measured
};

}  // namespace

CatalogRow<Balancer, const Setting&> excessMtlRow() {
  Descriptor descriptor;
  descriptor.id = "excess_mtl";
  descriptor.title = "ExcessMTL";
  descriptor.summary =
      "Tasks that are far from where they would converge get more weight, by gradients over their "
      "own history; keeps a gradient a task.";
  descriptor.formula = "e_k = Σ g²/√(S_k + 1e-7), S_k = Σ_t g²;  w ← K w∘exp(η e/e⁰)/Σ";
  descriptor.citation =
      "He et al., Robust Multi-Task Learning with Excess Risks, ICML 2024 (weights as in LibMTL)";
  descriptor.parameters = withCommon(
      {ParameterSpec::number("eta", 0.01, "Step of the weights η").above(0),
       ParameterSpec::integer("warmup_steps", 0,
                              "Steps over which the first excess is averaged; 0: the first alone")
           .from(0)
           .in("steps")},
      Scale::sum, true);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "sum"}, {"rows", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<ExcessMtl>(parameters, setting);
          }};
}

}  // namespace eq::balance
