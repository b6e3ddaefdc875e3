#include "core/balance/weighting/go4align.h"

#include "core/balance/masked_balancer.h"
#include "core/balance/weighting/grouping.h"
#include "core/balance/weighting/loss_support.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::VectorXd;

class Go4Align : public MaskedBalancer {
 public:
  Go4Align(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        beta_(parameters.number("beta")),
        groups_(parameters.integer("groups")),
        logShares_(VectorXd::Zero(setting.tasks)) {
    if (groups_ > setting.tasks)
      fail("{}.groups: {} is more than the {} tasks", setting.path, groups_, setting.tasks);
  }

  Needs needs() const override { return {.losses = true}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }
  nlohmann::json state() const override { return {{"log_shares", vectorToJson(logShares_)}}; }
  void restore(const nlohmann::json& state) override {
    logShares_ = vectorFromJson(state.at("log_shares"));
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(inputs.losses, tasks)) return refusal_.weights();
    const VectorXd losses = pick(inputs.losses, tasks);
    put(logShares_, tasks, pick(logShares_, tasks) - beta_ * losses);
    const VectorXd shares = softmax(pick(logShares_, tasks));
    return groupMeans(losses.sum() * shares.cwiseQuotient(losses), groups_);
  }

  double beta_;
  std::int64_t groups_;
  VectorXd logShares_;  ///< of p, up to a number in common
  LossRefusal refusal_{LossRefusal::Least::aboveZero, "the formula divides by it"};
};

}  // namespace

CatalogRow<Balancer, const Setting&> go4AlignRow() {
  Descriptor descriptor;
  descriptor.id = "go4align";
  descriptor.title = "GO4Align";
  descriptor.summary =
      "Brings the losses to one scale and lets groups of like tasks share a weight.";
  descriptor.formula = "γ_k = p_k Σ_j L_j/L_k,  p ← p∘exp(−β L)/Σ,  w_k = mean of γ over k's group";
  descriptor.citation =
      "Shen et al., GO4Align: Group Optimization for Multi-Task Alignment, NeurIPS 2024; groups by "
      "exact k-means in one dimension (the code: a library's)";
  descriptor.parameters =
      withCommon({ParameterSpec::number("beta", 1e-4, "How fast p follows the losses").from(0),
                  ParameterSpec::integer("groups", 1, "Groups of tasks, at most K").from(1)},
                 Scale::own, true);
  descriptor.inputs = {lossesInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Go4Align>(parameters, setting);
          }};
}

}  // namespace eq::balance
